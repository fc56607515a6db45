"""Identity: what is decoded equals what was encoded; the ceiling of every metric."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Setting

CARD = Card(
    title="Identity",
    family="Anchor",
    kind="anchor",
    summary="32-bit float PCM at the rate of the evaluation: the ceiling of every metric.",
    code_licence="Apache-2.0",
    causal=True,
    look_ahead_ms=0.0,
    batching="padded",
)


def open_identity(setting: Setting, resources: Resources) -> Codec:
    """Opens it; nothing to load."""
    from codecmark.nn.pcm import FloatPcm

    return FloatPcm()


PLUGIN = CodecPlugin(
    name="identity",
    card=CARD,
    settings=(Setting(model="identity", name="pcm", sample_rate=None),),
    open=open_identity,
)
