"""Pocket: a small codec of our own whose weights come with the package; it shows the neural path, and ranks nowhere."""

from __future__ import annotations

from pathlib import Path

from codecmark.core.contracts import Codec
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Prefix, Setting, Stream

SAMPLE_RATE = 16000
HOP = 320
CODEBOOKS = 8
CODEBOOK_SIZE = 1024
FILE = Path(__file__).parent / "pocket_weights" / "pocket.safetensors"

CARD = Card(
    title="Pocket",
    family="Pocket",
    kind="demonstration",
    summary="A small neural codec of our own, to show and to test the neural path on any machine; not a contender.",
    code_licence="Apache-2.0",
    weights_licence="CC BY 4.0, as the recordings it learnt from",
    training_data="72 utterances: LibriSpeech train-clean-100, VCTK (both CC BY 4.0); 60 sentences by eSpeak NG",
    params=787_061,
    causal=True,
    look_ahead_ms=0.0,
    prefix=Prefix(True, "its decoder was trained with any number of codebooks in half of the batches"),
    batching="padded",
    notes=(
        "A demonstration and test codec, listed apart and never ranked with the survey's: trained for a quarter of an "
        "hour on one CPU core, on 12 minutes of speech (examples/pocket_codec). It sounds rough.",
        "On 9 utterances of LibriSpeech test-clean, of 7 speakers it never heard, 1, 2, 4 and 8 codebooks reach a "
        "PESQ-WB of 1.09, 1.15, 1.27 and 1.43, and a STOI of 0.57, 0.62, 0.68 and 0.73. The PESQ of "
        "four of them was looked at while the recipe was chosen.",
        "Its recordings: LibriSpeech (V. Panayotov, G. Chen, D. Povey, S. Khudanpur, 2015) and VCTK (J. Yamagishi, "
        "C. Veaux, K. MacDonald), both CC BY 4.0. No voice of the starter clips was used.",
        "A clip is filled up with silence to whole frames.",
    ),
    provenance="codecmark",
)


def open_pocket(setting: Setting, resources: Resources) -> Codec:
    """Opens it, with as many codebooks as the setting has streams."""
    from codecmark.nn.pocket import open_codec

    return open_codec(setting, FILE, resources)


PLUGIN = CodecPlugin(
    name="pocket",
    card=CARD,
    settings=(
        Setting(
            model="pocket",
            name="16khz",
            sample_rate=SAMPLE_RATE,
            streams=(Stream(SAMPLE_RATE / HOP, CODEBOOK_SIZE),) * CODEBOOKS,
        ),
    ),
    open=open_pocket,
    packages=("torch",),
)
