"""MusicGen: Meta's language model of music, from a text or a melody."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="musicgen",
    card=Card(
        title="MusicGen",
        family="MusicGen",
        kind="lm",
        summary="Meta's single-stage language model of music from a text or a melody, with its codebooks delayed.",
        paper="https://arxiv.org/abs/2306.05284",
        url="https://github.com/facebookresearch/audiocraft",
        code_licence="MIT (audiocraft)",
        weights_licence="CC-BY-NC-4.0: not for commercial use",
        notes=(
            "Its codec is an EnCodec of 32 kHz, 4 codebooks at 50 Hz: not one of the survey's settings of EnCodec.",
        ),
        provenance="official",
    ),
    settings=(Setting(model="musicgen", name="published", title="MusicGen", sample_rate=32000),),
    unavailable=(
        "no adapter of codecmark runs it yet; its weights are facebook/musicgen-small, -medium, -large, -melody and "
        "-stereo-* on the Hugging Face hub"
    ),
)
