"""VALL-E: Microsoft's zero-shot text-to-speech over the tokens of EnCodec."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="valle",
    card=Card(
        title="VALL-E",
        family="VALL-E",
        kind="lm",
        summary="Microsoft's text-to-speech in the voice of a prompt of 3 s, over the tokens of EnCodec.",
        paper="https://arxiv.org/abs/2301.02111",
        code_licence="no code published",
        notes=(
            "Others have trained models after its paper; each is a model of its own and has no row under this name.",
        ),
        provenance="published",
    ),
    settings=(Setting(model="valle", name="published", title="VALL-E", sample_rate=24000),),
    unavailable="its makers published neither code nor weights",
    codec="encodec/24khz-8",
)
