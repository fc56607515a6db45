"""EnCodec: Meta's neural codec, at 24 kHz (1.5 to 24 kbps, the survey's E1 to E5) and at 48 kHz."""

from __future__ import annotations

from codecmark.core.network_module import NetworkModule
from codecmark.core.plugins import CodecPlugin
from codecmark.core.settings import Card, Prefix, Setting, Stream, Weights, WeightsFile

CODEBOOK_SIZE = 1024
HOP = 320
CHUNK, CHUNK_STEP = 48000, 47520
"""Samples in a chunk of the 48 kHz model, and from the start of one to the start of the next."""


def _weights(rate: str, revision: str, size: int, sha256: str) -> Weights:
    name = f"encodec_{rate}"
    file = WeightsFile(name="model.safetensors", repo=f"facebook/{name}", revision=revision, size=size, sha256=sha256)
    return Weights(name=name, files=(file,), source=f"facebook/{name} on the Hugging Face hub, {revision[:10]}")


WEIGHTS = {
    24000: _weights(
        "24khz",
        "c1dbe2ae3f1de713481a3b3e7c47f357092ee040",
        93_119_608,
        "37a7cb100f71a29e6c1d815aca8666a1d7ea8885ebe44c306c751a5103559d57",
    ),
    48000: _weights(
        "48khz",
        "c3def8e7185ac8c8efdce6eb8c4a651e487a503e",
        76_291_152,
        "47a15ffbaf7bb76176d0833e10590de0a8988a7848748608cefc36a1c88adfdc",
    ),
}

CARD = Card(
    title="EnCodec",
    family="EnCodec",
    kind="neural",
    summary="Meta's codec: convolutions, an LSTM and residual vector quantization, one network for all bit rates.",
    paper="https://arxiv.org/abs/2210.13438",
    url="https://github.com/facebookresearch/encodec",
    code_licence="MIT; run by transformers (Apache-2.0)",
    weights_licence="MIT for 48 kHz, not stated for 24 kHz (repositories of the weights)",
    training_data="DNS Challenge 4, Common Voice, AudioSet, FSD50K, Jamendo; the 48 kHz model: music only (paper)",
    params=14_851_810,
    causal=True,
    look_ahead_ms=0.0,
    prefix=Prefix(
        True,
        "the codes at 1.5 kbps are the first two of those at 24 (paper, section 3.2); trained at the published bit "
        "rates only, not at those between",
    ),
    batching="padded",
    notes=(
        "Causality and size are those of the 24 kHz model. The 48 kHz one sees the whole of each second it works on.",
        "The 48 kHz model is stereo: a mono clip is given to both channels, and the mean of both is scored.",
        "Its chunks of 1 s overlap by 10 ms, so that it sends 1 % more than its nominal 3, 6, 12 and 24 kbps, and "
        "besides them a loudness scale for each chunk, 32 bits, counted as side information.",
        "What does not fill a whole frame is handled as by the original: the end of a clip is reflected, also in a "
        "batch with longer ones.",
    ),
)


def _setting(sample_rate: int, codebooks: int, survey_id: str | None = None) -> Setting:
    frame_rate = sample_rate / HOP
    if sample_rate == 48000:
        frame_rate *= CHUNK / CHUNK_STEP
    nominal = codebooks * sample_rate / HOP / 100
    return Setting(
        model="encodec",
        name=f"{sample_rate // 1000}khz-{codebooks}",
        sample_rate=sample_rate,
        streams=(Stream(frame_rate, CODEBOOK_SIZE),) * codebooks,
        survey_id=survey_id,
        title=f"EnCodec {sample_rate // 1000} kHz, {nominal:g} kbps",
    )


def frames(setting: Setting, num_samples: int) -> tuple[int, ...]:
    """Tokens of each stream: a frame for each 320 samples of a clip, at 48 kHz of each of its overlapping chunks."""
    step, length = (num_samples, num_samples) if setting.sample_rate == 24000 else (CHUNK_STEP, CHUNK)
    chunks = [min(length, num_samples - start) for start in range(0, num_samples, step)]
    return (sum(-(-chunk // HOP) for chunk in chunks),) * len(setting.streams)


def weights_of(setting: Setting) -> Weights:
    """One checkpoint serves every bit rate of a sample rate."""
    return WEIGHTS[setting.sample_rate or 0]


NETWORK = NetworkModule("codecmark.nn.encodec", weights_of)

PLUGIN = CodecPlugin(
    name="encodec",
    card=CARD,
    settings=(
        *(_setting(24000, codebooks, f"E{row}") for row, codebooks in enumerate((2, 4, 8, 16, 32), start=1)),
        *(_setting(48000, codebooks) for codebooks in (2, 4, 8, 16)),
    ),
    open=NETWORK.open,
    weights=weights_of,
    frames=frames,
    parts=NETWORK.parts,
    packages=("torch", "transformers"),
)
