"""FunCodec: EnCodec's network trained by Alibaba on speech, in time (the survey's F3 to F6)."""

from __future__ import annotations

from pathlib import Path

from codecmark.core.contracts import Codec, Parts
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Setting, Stream, Weights, WeightsFile

SAMPLE_RATE = 16000
CODEBOOKS, CODEBOOK_SIZE = 32, 1024
REPOSITORY = "alibaba-damo/audio_codec-{}-pytorch"

CARD = Card(
    title="FunCodec",
    family="FunCodec",
    kind="neural",
    summary="Alibaba's toolkit for speech codecs: EnCodec's network, not causal, on clips brought to one loudness.",
    paper="https://arxiv.org/abs/2309.07405",
    url="https://github.com/modelscope/FunCodec",
    code_licence="MIT; run by transformers (Apache-2.0)",
    weights_licence="MIT",
    training_data="libritts: LibriTTS; general: 25,000 hours of English and Mandarin speech, not published",
    params=14_855_843,
    causal=False,
    batching="equal_length",
    notes=(
        "Size is that of the nq32ds320 models in time; those of nq32ds640 have 57,549,987 parameters.",
        "A prefix of the codebooks is a valid lower rate; all 32 of them are used here.",
        "A clip is divided by its RMS, which is sent besides the codes: 32 bits a clip, counted as side information.",
        "Each clip is coded as a whole: group norms span all of it, and a part of it would be coded otherwise.",
    ),
)


def _setting(name: str, network: str, hop: int, survey_id: str) -> Setting:
    return Setting(
        model="funcodec",
        name=name,
        sample_rate=SAMPLE_RATE,
        streams=(Stream(SAMPLE_RATE / hop, CODEBOOK_SIZE),) * CODEBOOKS,
        options={"network": network},
        survey_id=survey_id,
    )


def weights_of(setting: Setting) -> Weights:
    """Neither a revision nor a hash is known here: what is found is recorded, not checked."""
    repo = REPOSITORY.format(f"encodec-{setting.name}")
    files = tuple(WeightsFile(name=name, repo=repo) for name in ("config.yaml", "model.pth"))
    return Weights(name=f"funcodec_{setting.name}", files=files, source=f"{repo} on the Hugging Face hub")


def open_funcodec(setting: Setting, resources: Resources) -> Codec:
    """Opens one model. Raises `WeightsMissing` where its checkpoint is not here, unless random weights may do."""
    from codecmark.nn.funcodec import open_codec

    return open_codec(setting, weights_of(setting), resources)


def open_parts(folder: Path, resources: Resources) -> Parts:
    """Opens the network of any folder with a config.yaml and a model.pth in the layout of the original."""
    from codecmark.nn.funcodec import open_parts

    return open_parts(folder, resources)


PLUGIN = CodecPlugin(
    name="funcodec",
    card=CARD,
    settings=(
        _setting("en-libritts-16k-nq32ds320", "nq32ds320", 320, "F3"),
        _setting("en-libritts-16k-nq32ds640", "nq32ds640", 640, "F4"),
        _setting("zh_en-general-16k-nq32ds320", "nq32ds320", 320, "F5"),
        _setting("zh_en-general-16k-nq32ds640", "nq32ds640", 640, "F6"),
    ),
    open=open_funcodec,
    weights=weights_of,
    parts=open_parts,
    packages=("torch", "transformers"),
)
