"""DAC: the Descript Audio Codec at 16, 24 and 44.1 kHz (the survey's D1 to D3), and its 16 kbps variant."""

from __future__ import annotations

from codecmark.core.network_module import NetworkModule
from codecmark.core.plugins import CodecPlugin
from codecmark.core.settings import Card, Delay, Prefix, Setting, Stream, Weights, WeightsFile

CODEBOOK_SIZE = 1024
RELEASES = "https://github.com/descriptinc/descript-audio-codec/releases/download"


def _hub(rate: str, revision: str, size: int, sha256: str) -> Weights:
    name = f"dac_{rate}"
    file = WeightsFile(name="model.safetensors", repo=f"descript/{name}", revision=revision, size=size, sha256=sha256)
    return Weights(name=name, files=(file,), source=f"descript/{name} on the Hugging Face hub, {revision[:10]}")


WEIGHTS = {
    "16khz": _hub(
        "16khz",
        "7c2fc5e759f1f501aefc6e7a0265cc57f5d17ba7",
        296_592_604,
        "fcefdf834a3f059eab9569346f5d3c79c85e4220ba3622f373d18a70b3000229",
    ),
    "24khz": _hub(
        "24khz",
        "6ba020b5ba7d9d8076fb90db7e67f27e31980f6e",
        298_652_268,
        "7452e3fc6972991da871ae1a1c9d3e8e219aa247cc0f757018867d6a7fe59aaf",
    ),
    "44khz": _hub(
        "44khz",
        "c1bc521685adf9cfe247bc39a5ca58917eda1ac4",
        306_507_276,
        "6128ebff483a41422b0164d079a3773b0d8d82e64c4293d775994cbf8baf913a",
    ),
    "44khz-16kbps": Weights(
        name="dac_44khz_16kbps",
        files=(
            WeightsFile(
                name="weights_44khz_16kbps.pth", url=f"{RELEASES}/1.0.0/weights_44khz_16kbps.pth", size=256_984_809
            ),
        ),
        source="release 1.0.0 of github.com/descriptinc/descript-audio-codec",
    ),
}

DELAY = Delay(
    -8,
    "at 16 and 24 kHz, where one stride is odd (5): its transposed convolution gives one sample too few, 8 at the "
    "output. The weights decide which end they are missing from: with kernels symmetric in time it would be the end, "
    "and no delay. Published outputs of the 24 kHz model are 8.1 samples early (cross-spectra of 6 recordings at the "
    "higher rate), so with the trained weights it is the start. The 16 kHz model has the same strides and is reported "
    "to be early as well (issue 118 of its repository), but its 8 are not measured. At 44.1 kHz "
    "all strides are even, and nothing is missing or moved",
)

CARD = Card(
    title="DAC",
    family="DAC",
    kind="neural",
    summary="Descript's codec: convolutions with periodic activations, and codebooks looked up in 8 dimensions.",
    paper="https://arxiv.org/abs/2306.06546",
    url="https://github.com/descriptinc/descript-audio-codec",
    code_licence="MIT; run by transformers (Apache-2.0)",
    weights_licence="MIT",
    training_data="DAPS, VCTK, VocalSet, Common Voice and other speech, MUSDB, Jamendo, AudioSet (its conf/final)",
    params=74_141_697,
    causal=False,
    look_ahead_ms=160.0,
    delay=DELAY,
    prefix=Prefix(True, "trained with a random number of codebooks for half of the clips (paper, section 3.3)"),
    batching="equal_length",
    notes=(
        "Size and look-ahead (8 frames, found by changing the input) are those of the 16 kHz model.",
        "A clip is filled up with silence to whole frames, and its loudness left as it is; the program that comes with "
        "the original brings files to -16 LUFS first, and back afterwards.",
    ),
)


def _setting(name: str, sample_rate: int, hop: int, codebooks: int, survey_id: str | None = None) -> Setting:
    return Setting(
        model="dac",
        name=name,
        sample_rate=sample_rate,
        streams=(Stream(sample_rate / hop, CODEBOOK_SIZE),) * codebooks,
        survey_id=survey_id,
    )


def weights_of(setting: Setting) -> Weights:
    return WEIGHTS[setting.name]


NETWORK = NetworkModule("codecmark.nn.dac", weights_of)

PLUGIN = CodecPlugin(
    name="dac",
    card=CARD,
    settings=(
        _setting("16khz", 16000, 320, 12, "D1"),
        _setting("24khz", 24000, 320, 32, "D2"),
        _setting("44khz", 44100, 512, 9, "D3"),
        _setting("44khz-16kbps", 44100, 512, 18),
    ),
    open=NETWORK.open,
    weights=weights_of,
    parts=NETWORK.parts,
    packages=("torch", "transformers"),
)
