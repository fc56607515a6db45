"""LauraGPT: Alibaba's model that hears continuous features and speaks tokens of FunCodec."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="lauragpt",
    card=Card(
        title="LauraGPT",
        family="LauraGPT",
        kind="lm",
        summary=(
            "Alibaba's model of eight acts: it hears continuous features of a Conformer and speaks tokens of FunCodec."
        ),
        paper="https://arxiv.org/abs/2310.04673",
        url="https://github.com/modelscope/FunCodec",
        code_licence="MIT (FunCodec, with LauraTTS only)",
        notes=("LauraTTS is speech_synthesizer-laura-en-libritts-16k-codec_nq2-pytorch of alibaba-damo on the hub.",),
        provenance="partial",
    ),
    settings=(Setting(model="lauragpt", name="published", title="LauraGPT", sample_rate=16000),),
    unavailable="its makers published only LauraTTS, its text-to-speech part, which no adapter of codecmark runs yet",
    codec="funcodec/zh_en-general-16k-nq32ds640",
)
