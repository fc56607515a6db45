"""SpeechX: Microsoft's VALL-E for many transformations of speech."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="speechx",
    card=Card(
        title="SpeechX",
        family="SpeechX",
        kind="lm",
        summary=(
            "Microsoft's VALL-E told by a task token: enhancement, removal, extraction, synthesis and editing of "
            "speech."
        ),
        paper="https://arxiv.org/abs/2308.06873",
        code_licence="no code published",
        provenance="published",
    ),
    settings=(Setting(model="speechx", name="published", title="SpeechX", sample_rate=None),),
    unavailable="its makers published neither code nor weights, as far as is known",
)
