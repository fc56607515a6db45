"""Codec 2: speech over amateur radio at 0.7 to 3.2 kbps."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.errors import PluginError
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Delay, Setting

SAMPLE_RATE = 8000
DELAY = Delay(
    160,
    "the newest frame is analysed in a window whose middle is 160 samples back, and is heard in full at the end of "
    "its output (codec2.c); the energy envelopes of real speech correlate best at 158 and 156 samples (medians at 3200 "
    "and 1600 bit/s) and STOI is best at 160. Mode 700C interpolates to its newest frame 80 samples later still: 227 "
    "by envelope, STOI best at 240, so 240 are removed there",
)

CARD = Card(
    title="Codec 2",
    family="Codec 2",
    kind="classical",
    summary="A harmonic sinusoidal vocoder for speech over amateur radio.",
    paper="https://rowetel.com/codec2.html",
    url="https://github.com/drowe67/codec2",
    code_licence="LGPL-2.1-only (codec2), BSD (pycodec2)",
    causal=True,
    delay=DELAY,
    batching="padded",
    keeps_waveform=False,
    notes=(
        "Keeps the spectrum and not the phase: metrics that compare waveforms, and the lag, mean nothing.",
        "Setting 700 is mode 700C. Its frames of 28 bits are sent as 4 bytes: 0.8 kbps are counted.",
        "Unvoiced sounds have random phases; the generator starts anew with every clip, so that results repeat.",
    ),
)


def _setting(bit_rate: int, delay: int) -> Setting:
    options = {"bit_rate": bit_rate, "delay": delay}
    return Setting(
        model="codec2", name=str(bit_rate), sample_rate=SAMPLE_RATE, nominal_kbps=bit_rate / 1000, options=options
    )


def open_codec2(setting: Setting, resources: Resources) -> Codec:
    """Opens one mode. Raises `PluginError` where pycodec2 is missing or is not its wheel."""
    try:
        from codecmark.nn.codec2 import Codec2Coder
    except ImportError as error:
        raise PluginError(f"codec2 needs the package pycodec2: {error}") from error
    from codecmark.nn.frames import FrameCodec

    coder = Codec2Coder(int(setting.options["bit_rate"]))
    return FrameCodec(coder, SAMPLE_RATE, int(setting.options["delay"]))


PLUGIN = CodecPlugin(
    name="codec2",
    card=CARD,
    settings=(
        _setting(3200, DELAY.samples),
        _setting(1600, DELAY.samples),
        _setting(700, DELAY.samples + 80),
    ),
    open=open_codec2,
    packages=("pycodec2",),
)
