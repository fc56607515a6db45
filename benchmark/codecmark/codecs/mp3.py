"""MP3 (MPEG-2 Layer III) at 16 kHz, by LAME."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Delay, Setting

SAMPLE_RATE = 16000
DELAY = Delay(
    1105,
    "LAME's encoder delay of 576 samples and the 528 + 1 of a Layer III decoder (encoder.h of LAME); "
    "cross-correlation on real speech finds 1105.0 at 16, 24 and 32 kbps",
)

CARD = Card(
    title="MP3",
    family="MP3",
    kind="classical",
    summary="MPEG Layer III: a hybrid filter bank with an MDCT, a psychoacoustic model and a bit reservoir.",
    paper="ISO/IEC 13818-3:1998 (MPEG-2 Layer III)",
    url="https://lame.sourceforge.io",
    code_licence="LGPL-2.0-or-later (LAME), LGPL-2.1-or-later (FFmpeg)",
    causal=True,
    delay=DELAY,
    batching="padded",
    notes=("Constant bit rate. Frame headers are part of the payload; no tags.",),
)


def _setting(kbps: int) -> Setting:
    return Setting(
        model="mp3", name=str(kbps), sample_rate=SAMPLE_RATE, nominal_kbps=kbps, options={"bit_rate": kbps * 1000}
    )


def open_mp3(setting: Setting, resources: Resources) -> Codec:
    """Opens one bit rate."""
    from codecmark.nn.libav import open_libav

    return open_libav(setting, "libmp3lame", "mp3float", DELAY.samples)


PLUGIN = CodecPlugin(
    name="mp3",
    card=CARD,
    settings=tuple(_setting(kbps) for kbps in (16, 24, 32)),
    open=open_mp3,
    packages=("av",),
)
