"""LC3: the codec of Bluetooth LE Audio, at 16 kHz."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.errors import PluginError
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Delay, Setting

SAMPLE_RATE = 16000
DELAY = Delay(
    40,
    "2.5 ms of low-delay MDCT overlap at frames of 10 ms, which liblc3 states (lc3_delay_samples); cross-correlation "
    "on real speech finds 39.9 to 40.0 at 16, 24 and 32 kbps",
)

CARD = Card(
    title="LC3",
    family="LC3",
    kind="classical",
    summary="Low Complexity Communication Codec: a low-delay MDCT with noise shaping, frames of 10 ms.",
    paper="Bluetooth SIG, Low Complexity Communication Codec 1.0",
    url="https://github.com/google/liblc3",
    code_licence="Apache-2.0",
    causal=True,
    look_ahead_ms=2.5,
    delay=DELAY,
    batching="padded",
)


def _setting(kbps: int) -> Setting:
    return Setting(
        model="lc3", name=str(kbps), sample_rate=SAMPLE_RATE, nominal_kbps=kbps, options={"bit_rate": kbps * 1000}
    )


def open_lc3(setting: Setting, resources: Resources) -> Codec:
    """Opens one bit rate. Raises `PluginError` where lc3py is missing."""
    try:
        from codecmark.nn.lc3 import Lc3Coder
    except ImportError as error:
        raise PluginError(f"lc3 needs the package lc3py (Linux): {error}") from error
    from codecmark.nn.frames import FrameCodec

    return FrameCodec(Lc3Coder(SAMPLE_RATE, int(setting.options["bit_rate"])), SAMPLE_RATE, DELAY.samples)


PLUGIN = CodecPlugin(
    name="lc3",
    card=CARD,
    settings=tuple(_setting(kbps) for kbps in (16, 24, 32)),
    open=open_lc3,
    packages=("lc3py",),
)
