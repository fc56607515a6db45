"""Low-pass anchors: what is lost when only the low frequencies are kept."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Setting

CARD = Card(
    title="Low-pass",
    family="Anchor",
    kind="anchor",
    summary="The low and the mid anchor of a MUSHRA test: nothing above 3.5 or 7 kHz, all else exact.",
    paper="ITU-R BS.1534-3",
    url="https://www.itu.int/rec/R-REC-BS.1534",
    code_licence="Apache-2.0",
    causal=False,
    batching="padded",
    notes=(
        "Linear phase, no lag. Passes up to the cut-off, 80 dB down from 500 Hz above it.",
        "Sent as 32-bit float PCM: its bit rate says nothing.",
    ),
)


def open_lowpass(setting: Setting, resources: Resources) -> Codec:
    """Opens one cut-off."""
    from codecmark.nn.pcm import LowPass

    return LowPass(float(setting.options["cutoff_hz"]))


PLUGIN = CodecPlugin(
    name="lowpass",
    card=CARD,
    settings=(
        Setting(model="lowpass", name="3.5khz", sample_rate=None, options={"cutoff_hz": 3500}),
        Setting(model="lowpass", name="7khz", sample_rate=None, options={"cutoff_hz": 7000}),
    ),
    open=open_lowpass,
    packages=("scipy",),
)
