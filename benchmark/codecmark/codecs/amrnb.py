"""AMR narrow-band, the codec of GSM and 3G telephony, at its lowest and its highest rate."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Delay, Setting

SAMPLE_RATE = 8000
DELAY = Delay(
    40,
    "the look-ahead of 5 ms (3GPP TS 26.090; a dummy one at 12.2 kbps, so that modes can be switched); "
    "cross-correlation on real speech finds a median of 39.4 at 4.75 and 39.6 at 12.2 kbps",
)

CARD = Card(
    title="AMR-NB",
    family="AMR",
    kind="classical",
    summary="Adaptive Multi-Rate: algebraic code-excited linear prediction of narrow-band speech.",
    paper="3GPP TS 26.071 and TS 26.090",
    url="https://sourceforge.net/projects/opencore-amr",
    code_licence="Apache-2.0 (opencore-amr), LGPL-2.1-or-later (FFmpeg)",
    causal=True,
    look_ahead_ms=5.0,
    delay=DELAY,
    batching="padded",
    notes=(
        "The payload holds a mode byte per frame and fills frames up to whole bytes (RFC 4867): 5.2 and 12.8 kbps "
        "are counted where the standard's rates are 4.75 and 12.2.",
        "Its high-pass filter at 80 Hz moves the waveform of some voices by a further sample or, rarely, up to 9.",
    ),
)


def _setting(kbps: float) -> Setting:
    options = {"bit_rate": round(kbps * 1000)}
    return Setting(model="amrnb", name=f"{kbps:g}", sample_rate=SAMPLE_RATE, nominal_kbps=kbps, options=options)


def open_amrnb(setting: Setting, resources: Resources) -> Codec:
    """Opens one mode."""
    from codecmark.nn.libav import open_libav

    return open_libav(setting, "libopencore_amrnb", "libopencore_amrnb", DELAY.samples)


PLUGIN = CodecPlugin(
    name="amrnb",
    card=CARD,
    settings=(_setting(4.75), _setting(12.2)),
    open=open_amrnb,
    packages=("av",),
)
