"""AudioGen: Meta's language model of sounds, from a text; its release is a later model than its paper's."""

from __future__ import annotations

from codecmark.core.plugins import LMPlugin
from codecmark.core.settings import Card, Setting

PLUGIN = LMPlugin(
    name="audiogen",
    card=Card(
        title="AudioGen",
        family="AudioGen",
        kind="lm",
        summary="Meta's language model of sounds from a text.",
        paper="https://arxiv.org/abs/2209.15352",
        url="https://github.com/facebookresearch/audiocraft",
        code_licence="MIT (audiocraft)",
        weights_licence="CC-BY-NC-4.0: not for commercial use",
        notes=(
            "The published audiogen-medium is not the paper's model: its EnCodec has 4 codebooks at 16 kHz and 50 Hz.",
        ),
        provenance="official",
    ),
    settings=(Setting(model="audiogen", name="published", title="AudioGen", sample_rate=16000),),
    unavailable="no adapter of codecmark runs it yet; its weights are facebook/audiogen-medium on the Hugging Face hub",
)
