"""UniAudio: one language model for eleven acts of speech, sound, music and singing."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="uniaudio",
    card=Card(
        title="UniAudio",
        family="UniAudio",
        kind="lm",
        summary="A multi-scale language model of eleven acts, over a codec of its own with three codebooks.",
        paper="https://arxiv.org/abs/2310.00704",
        url="https://github.com/yangdongchao/UniAudio",
        code_licence="no licence in its repository",
        notes=(
            "Its makers trained the weights again after the paper; their repository has recipes for TTS, VC and SE.",
        ),
        provenance="official-retrained",
    ),
    settings=(Setting(model="uniaudio", name="published", title="UniAudio", sample_rate=None),),
    unavailable=(
        "no adapter of codecmark runs it yet; its makers' retrained weights are Dongchao/UniAudio on the Hugging Face "
        "hub"
    ),
)
