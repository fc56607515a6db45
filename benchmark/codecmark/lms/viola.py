"""VioLA: Microsoft's one model for recognition, translation and synthesis of speech."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="viola",
    card=Card(
        title="VioLA",
        family="VioLA",
        kind="lm",
        summary=(
            "Microsoft's decoder-only model that recognises, translates and synthesises speech over the tokens of "
            "EnCodec."
        ),
        paper="https://arxiv.org/abs/2305.16107",
        code_licence="no code published",
        provenance="published",
    ),
    settings=(Setting(model="viola", name="published", title="VioLA", sample_rate=None),),
    unavailable="its makers published neither code nor weights, as far as is known",
)
