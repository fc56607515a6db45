"""SpeechTokenizer: speech at 16 kHz whose first codebook was taught content (the survey's A), with ELU or Snake."""

from __future__ import annotations

from codecmark.core.network_module import NetworkModule
from codecmark.core.plugins import CodecPlugin
from codecmark.core.settings import Card, Prefix, Setting, Stream, Weights, WeightsFile

SAMPLE_RATE = 16000
HOP = 320
CODEBOOKS = 8
CODEBOOK_SIZE = 1024

AVERAGE_REPO, AVERAGE_REVISION = "fnlp/SpeechTokenizer", "4d54939beef00572fa7bfe41ee35a335c3732f51"
SNAKE_REPO, SNAKE_REVISION = "fnlp/AnyGPT-speech-modules", "47320f954f02f108d0359fb80cd481038bba6be9"
WEIGHTS = {
    "hubert-avg": Weights(
        name="speechtokenizer_hubert_avg",
        files=(
            WeightsFile(
                name="speechtokenizer_hubert_avg/SpeechTokenizer.pt",
                repo=AVERAGE_REPO,
                revision=AVERAGE_REVISION,
                size=481_906_997,
                sha256="d04593b6c9a4b475f91ca481141a6ef5b23e6ac112f347dd2b2717f193c1c728",
            ),
            WeightsFile(
                name="speechtokenizer_hubert_avg/config.json",
                repo=AVERAGE_REPO,
                revision=AVERAGE_REVISION,
                size=906,
                sha256="ea343ad69ca7e70c8febf8fc4cda683b1c4b1c36709e5e577936ffb05d62e6eb",
            ),
        ),
        source=f"{AVERAGE_REPO} on the Hugging Face hub, {AVERAGE_REVISION[:10]}",
    ),
    "snake": Weights(
        name="speechtokenizer_snake",
        files=(
            WeightsFile(name="speechtokenizer/ckpt.dev", repo=SNAKE_REPO, revision=SNAKE_REVISION),
            WeightsFile(name="speechtokenizer/config.json", repo=SNAKE_REPO, revision=SNAKE_REVISION),
        ),
        source=f"{SNAKE_REPO} on the Hugging Face hub, {SNAKE_REVISION[:10]}",
    ),
}

CARD = Card(
    title="SpeechTokenizer",
    family="SpeechTokenizer",
    kind="neural",
    summary="Fudan's codec for speech language models: its first codebook was taught by HuBERT, to hold content.",
    paper="https://arxiv.org/abs/2308.16692",
    url="https://github.com/ZhangXInFD/SpeechTokenizer",
    code_licence="Apache-2.0 (the original's); run by a network written here",
    weights_licence="not stated (repositories of the weights)",
    training_data="LibriSpeech; the Snake variant also Common Voice",
    params=102_877_633,
    causal=False,
    batching="equal_length",
    prefix=Prefix(True, "the original takes any first ones; it was trained with all eight only (its code)"),
    notes=(
        "An LSTM in both directions sees the whole clip, so that the look-ahead is all of it.",
        "Size is that of encoder and decoder; the codebooks add 8,388,608.",
        "No checkpoint was at hand: the network is held against the original's code with small random weights, and its "
        "tensors against the names and shapes of the full-size one. For the Snake variant no size or hash is known, "
        "and its configuration is taken to be the other's with that activation until its own is read.",
    ),
)


def _setting(name: str, activation: str, title: str, survey_id: str | None = None) -> Setting:
    return Setting(
        model="speechtokenizer",
        name=name,
        sample_rate=SAMPLE_RATE,
        streams=(Stream(SAMPLE_RATE / HOP, CODEBOOK_SIZE),) * CODEBOOKS,
        options={"activation": activation},
        survey_id=survey_id,
        title=title,
    )


def weights_of(setting: Setting) -> Weights:
    return WEIGHTS[setting.name]


NETWORK = NetworkModule("codecmark.nn.speechtokenizer", weights_of)

PLUGIN = CodecPlugin(
    name="speechtokenizer",
    card=CARD,
    settings=(
        _setting("hubert-avg", "ELU", "SpeechTokenizer", "A"),
        _setting("snake", "Snake", "SpeechTokenizer (Snake)"),
    ),
    open=NETWORK.open,
    weights=weights_of,
    parts=NETWORK.parts,
    packages=("torch",),
)
