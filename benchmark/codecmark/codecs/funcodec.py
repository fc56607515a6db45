"""FunCodec: Alibaba's codecs of speech, on spectrograms (FreqCodec, the survey's F1 and F2) and on waves (F3 to F6)."""

from __future__ import annotations

from codecmark.core.network_module import NetworkModule
from codecmark.core.plugins import CodecPlugin, whole_frames
from codecmark.core.settings import Card, Delay, Option, Prefix, Setting, Stream, Weights, WeightsFile

SAMPLE_RATE = 16000
CODEBOOKS, CODEBOOK_SIZE = 32, 1024
STEP, SPECTRA_A_FRAME = 160, 2
"""Of FreqCodec: samples from one spectrum to the next, and the strides in time of its encoder."""
ASSUMED = "assumed where weights are random"

DELAY = Delay(
    160,
    "of FreqCodec only, and only of clips of an even number of whole steps of 10 ms. A clip has one spectrum more than "
    "steps; where their number is odd, its encoder puts one in front to fill up the first frame of two, and what is "
    "decoded is late by a step. It was trained on clips of 255 steps, which need none. Without norms a clip and the "
    "same one with a step more in front are decoded alike, a step apart; not yet measured with trained weights",
)

CARD = Card(
    title="FunCodec",
    family="FunCodec",
    kind="neural",
    summary="Alibaba's toolkit for codecs of speech: EnCodec's network, not causal, on waves or on spectrograms.",
    paper="https://arxiv.org/abs/2309.07405",
    url="https://github.com/modelscope/FunCodec",
    code_licence="MIT; on waves run by transformers (Apache-2.0)",
    weights_licence="MIT",
    training_data="libritts: LibriTTS; general: 25,000 hours of English and Mandarin speech, not published",
    params=14_855_843,
    causal=False,
    delay=DELAY,
    batching="equal_length",
    prefix=Prefix(True, "trained with a random number of codebooks, up to all (its configurations)"),
    notes=(
        "Size is that of nq32ds320 on waves; nq32ds640 has 57.5 million parameters, and by its makers FreqCodec "
        "has 0.52 (gr1) and 4.50 million (gr8).",
        "A clip is divided by its RMS, which is sent besides the codes: 32 bits a clip, counted as side information.",
        "Each clip is coded as a whole: group norms span all of it, and a part of it would be coded otherwise.",
        "FreqCodec (gr1, gr8) has a spectrum at both ends of a clip, and so often one frame more than fit into it.",
        "FreqCodec's configurations are published only with its checkpoints. Where weights are random, what comes "
        "closest to its published sizes is assumed: 0.51 million parameters for gr1, 4.30 million for gr8.",
    ),
)


def _setting(name: str, hop: int, survey_id: str, **more: Option) -> Setting:
    return Setting(
        model="funcodec",
        name=name,
        sample_rate=SAMPLE_RATE,
        streams=(Stream(SAMPLE_RATE / hop, CODEBOOK_SIZE),) * CODEBOOKS,
        options={"network": name.split("-")[-1], **more},
        survey_id=survey_id,
    )


def is_freqcodec(setting: Setting) -> bool:
    return "configuration" in setting.options


def frames(setting: Setting, num_samples: int) -> tuple[int, ...]:
    """Whole frames of samples; in FreqCodec frames of two spectra, of which there are one more than steps of 10 ms."""
    if not is_freqcodec(setting):
        return whole_frames(setting, num_samples)
    spectra = num_samples // STEP + 1
    return (-(-spectra // SPECTRA_A_FRAME),) * len(setting.streams)


def weights_of(setting: Setting) -> Weights:
    """Neither a revision nor a hash of them is known: the hash that is found is recorded, not checked."""
    kind = "freqcodec_magphase" if is_freqcodec(setting) else "encodec"
    repo = f"alibaba-damo/audio_codec-{kind}-{setting.name}-pytorch"
    files = tuple(WeightsFile(name=name, repo=repo) for name in ("config.yaml", "model.pth"))
    return Weights(name=f"funcodec_{setting.name}", files=files, source=f"{repo} on the Hugging Face hub")


NETWORK = NetworkModule("codecmark.nn.funcodec", weights_of)

PLUGIN = CodecPlugin(
    name="funcodec",
    card=CARD,
    settings=(
        _setting("en-libritts-16k-gr1nq32ds320", 320, "F1", configuration=ASSUMED),
        _setting("en-libritts-16k-gr8nq32ds320", 320, "F2", configuration=ASSUMED),
        _setting("en-libritts-16k-nq32ds320", 320, "F3"),
        _setting("en-libritts-16k-nq32ds640", 640, "F4"),
        _setting("zh_en-general-16k-nq32ds320", 320, "F5"),
        _setting("zh_en-general-16k-nq32ds640", 640, "F6"),
    ),
    open=NETWORK.open,
    weights=weights_of,
    parts=NETWORK.parts,
    frames=frames,
    packages=("torch", "transformers"),
)
