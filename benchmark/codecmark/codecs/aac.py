"""AAC-LC at 16 kHz, by FFmpeg's own encoder."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Delay, Setting

SAMPLE_RATE = 16000
DELAY = Delay(
    1024,
    "one frame of MDCT overlap, which FFmpeg's encoder states as its initial padding; cross-correlation on real "
    "speech finds 1023.9 to 1024.0 at 16, 24 and 32 kbps",
)

CARD = Card(
    title="AAC-LC",
    family="AAC",
    kind="classical",
    summary="MPEG-4 Advanced Audio Coding, low complexity: an MDCT with a psychoacoustic model.",
    paper="ISO/IEC 14496-3",
    url="https://ffmpeg.org",
    code_licence="LGPL-2.1-or-later (FFmpeg)",
    causal=True,
    delay=DELAY,
    batching="padded",
    notes=(
        "FFmpeg's native encoder; others (FDK, Apple) are better at these rates.",
        "Bare packets: no ADTS headers. The 5 bytes of AudioSpecificConfig are agreed beforehand and not counted.",
        "The rate is a target that single clips miss by some per cent.",
    ),
)


def _setting(kbps: int) -> Setting:
    return Setting(
        model="aac", name=str(kbps), sample_rate=SAMPLE_RATE, nominal_kbps=kbps, options={"bit_rate": kbps * 1000}
    )


def open_aac(setting: Setting, resources: Resources) -> Codec:
    """Opens one bit rate."""
    from codecmark.nn.libav import open_libav

    return open_libav(setting, "aac", "aac", DELAY.samples)


PLUGIN = CodecPlugin(
    name="aac",
    card=CARD,
    settings=tuple(_setting(kbps) for kbps in (16, 24, 32)),
    open=open_aac,
    packages=("av",),
)
