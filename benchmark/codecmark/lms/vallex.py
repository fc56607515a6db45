"""VALL-E X: Microsoft's VALL-E across languages, in text-to-speech and in translation of speech."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="vallex",
    card=Card(
        title="VALL-E X",
        family="VALL-E X",
        kind="lm",
        summary=(
            "Microsoft's VALL-E across languages: text-to-speech and speech to speech translation in the speaker's "
            "voice."
        ),
        paper="https://arxiv.org/abs/2303.03926",
        code_licence="no code published",
        notes=("Others have trained a model after its paper, without translation; it has no row under this name.",),
        provenance="published",
    ),
    settings=(Setting(model="vallex", name="published", title="VALL-E X", sample_rate=24000),),
    unavailable="its makers published neither code nor weights",
    codec="encodec/24khz-8",
)
