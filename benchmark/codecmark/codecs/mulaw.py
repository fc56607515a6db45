"""G.711 mu-law: 8 bits a sample, the oldest digital telephony."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Setting

CARD = Card(
    title="G.711 mu-law",
    family="G.711",
    kind="anchor",
    summary="Logarithmic companding to 8 bits a sample.",
    paper="ITU-T G.711 (11/88)",
    url="https://www.itu.int/rec/T-REC-G.711",
    code_licence="Apache-2.0",
    causal=True,
    look_ahead_ms=0.0,
    batching="padded",
    notes=(
        "The standard is for 8 kHz; at 16 kHz the same companding takes twice the bits.",
        "Companded by sign and magnitude: equal to libsndfile for every 16-bit sample.",
    ),
)


def _setting(name: str, sample_rate: int) -> Setting:
    return Setting(model="mulaw", name=name, sample_rate=sample_rate, nominal_kbps=sample_rate * 8 / 1000)


def open_mulaw(setting: Setting, resources: Resources) -> Codec:
    """Opens one sample rate."""
    from codecmark.nn.pcm import MuLaw

    assert setting.sample_rate is not None
    return MuLaw(setting.sample_rate)


PLUGIN = CodecPlugin(
    name="mulaw",
    card=CARD,
    settings=(_setting("8khz", 8000), _setting("16khz", 16000)),
    open=open_mulaw,
)
