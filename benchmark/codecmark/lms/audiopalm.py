"""AudioPaLM: Google's PaLM 2 that hears and speaks: recognition and translation."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="audiopalm",
    card=Card(
        title="AudioPaLM",
        family="AudioPaLM",
        kind="lm",
        summary="Google's PaLM 2 with audio tokens in its vocabulary: it recognises and translates speech.",
        paper="https://arxiv.org/abs/2306.12925",
        code_licence="no code published",
        provenance="published",
    ),
    settings=(Setting(model="audiopalm", name="published", title="AudioPaLM", sample_rate=None),),
    unavailable="its makers published neither code nor weights",
)
