"""G.722: wide-band telephony at 64 kbps."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Delay, Setting

DELAY = Delay(
    22,
    "the two 24-tap quadrature mirror filters of G.722, which FFmpeg's encoder states as its initial padding; "
    "cross-correlation on real speech finds 22.0",
)

CARD = Card(
    title="G.722",
    family="G.722",
    kind="classical",
    summary="Two sub-bands, each with adaptive differential PCM: the wide-band codec of desk telephones.",
    paper="ITU-T G.722 (09/2012)",
    url="https://www.itu.int/rec/T-REC-G.722",
    code_licence="LGPL-2.1-or-later (FFmpeg)",
    causal=True,
    look_ahead_ms=0.0,
    delay=DELAY,
    batching="padded",
    notes=("Sent in packets of 20 ms.",),
)


def open_g722(setting: Setting, resources: Resources) -> Codec:
    """Opens its one rate."""
    from codecmark.nn.libav import open_libav

    return open_libav(setting, "g722", "g722", DELAY.samples)


PLUGIN = CodecPlugin(
    name="g722",
    card=CARD,
    settings=(Setting(model="g722", name="64", sample_rate=16000, nominal_kbps=64, options={"bit_rate": 64000}),),
    open=open_g722,
    packages=("av",),
)
