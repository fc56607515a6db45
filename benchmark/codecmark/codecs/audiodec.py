"""AudioDec: Meta's causal codec at 24 kHz (with its vocoder the survey's C) and 48 kHz, with each of its decoders."""

from __future__ import annotations

from codecmark.core.network_module import NetworkModule
from codecmark.core.plugins import CodecPlugin
from codecmark.core.settings import Card, Prefix, Setting, Stream, Weights, WeightsFile

CODEBOOK_SIZE = 1024
MIRROR = "Codec-SUPERB/AudioDec"
REVISION = "d2379b0564ccce82f9ed10a27959c5a8fef905c3"
ARCHIVE = "exp.zip of release pretrain_models_v02 of github.com/facebookresearch/AudioDec"
FOLDER = "audiodec/exp"
"""What the archive becomes when it is unpacked in <weights root>/audiodec."""

LIBRITTS = "autoencoder/symAD_libritts_24000_hop300/checkpoint"
VCTK = "autoencoder/symAD_vctk_48000_hop300/checkpoint"
VCTK_C16 = "autoencoder/symAD_c16_vctk_48000_hop320/checkpoint"


def _weights(name: str, encoder: str, decoder: str, *, mirrored: bool = True) -> Weights:
    repo, revision = (MIRROR, REVISION) if mirrored else (None, None)
    source = f"{MIRROR} on the Hugging Face hub, {REVISION[:10]}, or " if mirrored else ""
    return Weights(
        name=f"audiodec_{name}",
        files=tuple(WeightsFile(name=f"{file}steps.pkl", repo=repo, revision=revision) for file in (encoder, decoder)),
        source=f"{source}{ARCHIVE}, unpacked in <weights root>/audiodec",
        folder=FOLDER,
    )


def _vocoder(version: str, autoencoder: str) -> str:
    return f"vocoder/AudioDec_{version}_{autoencoder.split('/')[1]}_clean/checkpoint-500000"


WEIGHTS = {
    "24khz-v1": _weights("24khz_v1", f"{LIBRITTS}-500000", _vocoder("v1", LIBRITTS)),
    "24khz-sym": _weights("24khz_sym", f"{LIBRITTS}-500000", f"{LIBRITTS}-1000000"),
    "48khz-v1": _weights("48khz_v1", f"{VCTK}-200000", _vocoder("v1", VCTK)),
    "48khz-v0": _weights("48khz_v0", f"{VCTK}-200000", _vocoder("v0", VCTK)),
    "48khz-sym": _weights("48khz_sym", f"{VCTK}-200000", f"{VCTK}-700000"),
    "48khz-c16-sym": _weights("48khz_c16_sym", f"{VCTK_C16}-500000", f"{VCTK_C16}-1000000", mirrored=False),
}
"""The checkpoint of the encoder and that of the decoder: a vocoder, or the autoencoder itself at a later step."""

CARD = Card(
    title="AudioDec",
    family="AudioDec",
    kind="neural",
    summary="Meta's codec for calls: causal convolutions, residual vector quantization, a vocoder as the decoder.",
    paper="https://doi.org/10.1109/ICASSP49357.2023.10096509",
    url="https://github.com/facebookresearch/AudioDec",
    code_licence="CC-BY-NC-4.0; a network of our own runs it",
    weights_licence="CC-BY-NC-4.0: not for commercial use",
    training_data="24 kHz: LibriTTS; 48 kHz: clean recordings of Valentini's VCTK, 84 speakers (its configurations)",
    params=23_879_457,
    causal=True,
    look_ahead_ms=0.0,
    batching="padded",
    keeps_waveform=False,
    prefix=Prefix(False, "its decoders are trained on all codebooks, and the original offers no choice"),
    notes=(
        "The survey and Codec-SUPERB call C 24k_320d: its hop is 300 (strides 3, 4, 5, 5), 80 frames/s and 6.4 kbps.",
        "The survey names Valentini's corpus for C; the model's own configuration names LibriTTS.",
        "Size is that of C: an encoder of 3.8 million parameters, and a vocoder of 19.5.",
        "v0 and v1 are vocoders trained on the codes of a finished autoencoder, sym is the autoencoder's own decoder.",
        "It does not keep the waveform: SI-SDR of the 12 outputs on its authors' page, each moved to where it fits "
        "best, is between -2 and -13 dB.",
        "A frame ends with the first of its samples; the others are in the next frame, and no decoder looks ahead. So "
        "its output is late by up to a frame: on that page by 9 ms at 24 kHz and 4 ms at 48 kHz, as their envelopes "
        "tell, though not by the same in each. It is left so, as by the original; moved back, those outputs would gain "
        "0.07 and 0.04 in STOI.",
        "A clip is coded as a whole, as by the original's test program. Its demonstration streams from a state that "
        "8192 zeros leave behind: the beginning of a clip comes out a little differently there.",
    ),
)


def _setting(name: str, sample_rate: int, hop: int, codebooks: int, survey_id: str | None = None) -> Setting:
    return Setting(
        model="audiodec",
        name=name,
        sample_rate=sample_rate,
        streams=(Stream(sample_rate / hop, CODEBOOK_SIZE),) * codebooks,
        survey_id=survey_id,
    )


def weights_of(setting: Setting) -> Weights:
    return WEIGHTS[setting.name]


NETWORK = NetworkModule("codecmark.nn.audiodec", weights_of)

PLUGIN = CodecPlugin(
    name="audiodec",
    card=CARD,
    settings=(
        _setting("24khz-v1", 24000, 300, 8, "C"),
        _setting("24khz-sym", 24000, 300, 8),
        _setting("48khz-v1", 48000, 300, 8),
        _setting("48khz-v0", 48000, 300, 8),
        _setting("48khz-sym", 48000, 300, 8),
        _setting("48khz-c16-sym", 48000, 320, 16),
    ),
    open=NETWORK.open,
    weights=weights_of,
    parts=NETWORK.parts,
    packages=("torch",),
)
