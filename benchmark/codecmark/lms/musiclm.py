"""MusicLM: Google's language model of music, from a text or a melody."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="musiclm",
    card=Card(
        title="MusicLM",
        family="MusicLM",
        kind="lm",
        summary="Google's language model of music over MuLan, semantic and SoundStream tokens.",
        paper="https://arxiv.org/abs/2301.11325",
        code_licence="no code published",
        provenance="published",
    ),
    settings=(Setting(model="musiclm", name="published", title="MusicLM", sample_rate=None),),
    unavailable="its makers published neither code nor weights",
)
