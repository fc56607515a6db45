"""HiFi-Codec of AcademiCodec at 16 and 24 kHz: the survey's B1 to B3."""

from __future__ import annotations

from codecmark.core.network_module import NetworkModule
from codecmark.core.plugins import CodecPlugin
from codecmark.core.settings import Card, Prefix, Setting, Stream, Weights, WeightsFile

CODEBOOK_SIZE = 1024
CODEBOOKS = 4
HOP = 320
REPOSITORY = "Dongchao/AcademiCodec"
REVISION = "827e793904fe43cac45157efc26d0b6920cfda14"


def _weights(file: str, size: int, sha256: str) -> Weights:
    return Weights(
        name=file.lower().replace("hifi-codec", "hificodec").replace("-", "_"),
        files=(WeightsFile(name=file, repo=REPOSITORY, revision=REVISION, size=size, sha256=sha256),),
        source=f"{REPOSITORY} on the Hugging Face hub, {REVISION[:10]}",
    )


WEIGHTS = {
    "16khz": _weights(
        "HiFi-Codec-16k-320d", 254_703_062, "6026d5327ef76bd31a01e64e00ccab355b37cc7b434938f018b9ec2b69bd62e4"
    ),
    "16khz-large-universal": _weights(
        "HiFi-Codec-16k-320d-large-universal",
        254_693_430,
        "6496a7b7b8ab18bc5d5c866ca66a61c2ea15b8c21e6b5f9662a9a68622a8cbde",
    ),
    "24khz": _weights(
        "HiFi-Codec-24k-320d", 254_703_062, "0b8fd01085946ecfa00a801a64a2e4c919c307265aceabe6a406b75cfbe77efa"
    ),
}

CARD = Card(
    title="HiFi-Codec",
    family="AcademiCodec",
    kind="neural",
    summary="Blocks of HiFi-GAN on both sides of four codebooks: two groups of channels with two codebooks each.",
    paper="https://arxiv.org/abs/2305.02765",
    url="https://github.com/yangdongchao/AcademiCodec",
    code_licence="MIT; a network of our own runs it",
    weights_licence="not stated (repository of the weights); MIT for the code",
    training_data="LibriTTS, VCTK, AISHELL and more, 1000 hours (paper); large-universal: Libri-light, AudioSet",
    params=63_602_497,
    causal=False,
    batching="equal_length",
    prefix=Prefix(False, "each group of channels needs its own two; the original only ever sends all four"),
    notes=(
        "Every frame depends on the whole clip: the encoder normalises over its length. That is why there is no number "
        "for the look-ahead, and why only clips of one length are run together.",
        "A clip is filled up with silence to whole frames; the original loses what is over.",
        "Its loudness is left as it is, as by the original's program; the notebook beside that one brings files to a "
        "peak of 0.95 first.",
        "The corpora of large-universal are those of the commit that published it; the survey gives it those of the "
        "paper.",
    ),
)


def _setting(name: str, sample_rate: int, survey_id: str) -> Setting:
    return Setting(
        model="hificodec",
        name=name,
        sample_rate=sample_rate,
        streams=(Stream(sample_rate / HOP, CODEBOOK_SIZE),) * CODEBOOKS,
        survey_id=survey_id,
    )


def weights_of(setting: Setting) -> Weights:
    return WEIGHTS[setting.name]


NETWORK = NetworkModule("codecmark.nn.hificodec", weights_of)

PLUGIN = CodecPlugin(
    name="hificodec",
    card=CARD,
    settings=(
        _setting("16khz", 16000, "B1"),
        _setting("16khz-large-universal", 16000, "B2"),
        _setting("24khz", 24000, "B3"),
    ),
    open=NETWORK.open,
    weights=weights_of,
    parts=NETWORK.parts,
    packages=("torch",),
)
