"""Opus at 6 to 32 kbps, by the reference library libopus."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Delay, Option, Setting

SAMPLE_RATE = 16000
DELAY = Delay(
    104,
    "pre-skip of libopus, 312 samples at 48 kHz (RFC 7845 section 4.2), which its header states; cross-correlation "
    "on 70 clips of real speech finds a median of 104.0 at 12 kbps, 103.5 at 8 and 103.6 at 6, where libopus changes "
    "the rate inside",
)

CARD = Card(
    title="Opus",
    family="Opus",
    kind="classical",
    summary="The codec of web telephony: SILK (linear prediction) and CELT (MDCT), here at a constant bit rate.",
    paper="https://www.rfc-editor.org/rfc/rfc6716",
    url="https://opus-codec.org",
    code_licence="BSD-3-Clause (libopus), LGPL-2.1-or-later (FFmpeg)",
    causal=True,
    look_ahead_ms=6.5,
    delay=DELAY,
    batching="padded",
    notes=(
        "Constant bit rate (vbr off), frames of 20 ms, highest complexity, no error correction or silence suppression.",
        "Application 'audio', the default of ffmpeg and opusenc: decoded as close to the input as can be. 'voip' "
        "filters the input first, which costs about as much PESQ as it gains.",
        "libopus chooses the bandwidth itself: at 6 and 8 kbps it does not send all of the 8 kHz.",
        "Decoded at 16 kHz by libopus itself: equal to libsndfile's decoding of the same packets.",
    ),
)


def _setting(kbps: int) -> Setting:
    options: dict[str, Option] = {"bit_rate": kbps * 1000, "vbr": "off", "application": "audio", "frame_duration": "20"}
    return Setting(model="opus", name=str(kbps), sample_rate=SAMPLE_RATE, nominal_kbps=kbps, options=options)


def open_opus(setting: Setting, resources: Resources) -> Codec:
    """Opens one bit rate. Raises `PluginError` where PyAV is not its wheel, with libopus inside."""
    from codecmark.nn.frames import FrameCodec
    from codecmark.nn.opus import OpusCoder

    return FrameCodec(OpusCoder(setting), SAMPLE_RATE, DELAY.samples)


PLUGIN = CodecPlugin(
    name="opus",
    card=CARD,
    settings=tuple(_setting(kbps) for kbps in (6, 8, 12, 16, 24, 32)),
    open=open_opus,
    packages=("av",),
)
