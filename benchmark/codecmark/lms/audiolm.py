"""AudioLM: Google's language model of semantic and acoustic tokens, which continues speech and piano."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="audiolm",
    card=Card(
        title="AudioLM",
        family="AudioLM",
        kind="lm",
        summary=(
            "Google's language model over semantic tokens, then over those of SoundStream; it continues speech and "
            "piano."
        ),
        paper="https://arxiv.org/abs/2209.03143",
        code_licence="no code published",
        provenance="published",
    ),
    settings=(Setting(model="audiolm", name="published", title="AudioLM", sample_rate=16000),),
    unavailable="its makers published neither code nor weights",
)
