"""Bit rate: bits over seconds, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from codecmark.core.audio import Audio
from codecmark.core.encoded import Codes, Encoded, Packets
from codecmark.core.items import Clip, Output, Request
from codecmark.core.resources import Resources
from codecmark.core.scores import Answer, NotApplicable, Score
from codecmark.metrics.bitrate import PLUGIN

SECONDS = 2.5


def _kbps(encoded: Encoded | None, item: Clip | Request | None = None, audio: Audio | None = None) -> Answer:
    worker = PLUGIN.open(("kbps",), Resources())
    output = Output(id="a", encoded=encoded, audio=audio)
    return worker.score([(worker.prepare(item or _clip()), output)])[0]["kbps"]


def _clip() -> Clip:
    return Clip(id="a", load=lambda: Audio(np.zeros(40000), 16000), seconds=9.0, sha256="0")


def _codes() -> Codes:
    return Codes([np.zeros(188, dtype=np.int64)] * 8, (1024,) * 8, 60000)


def test_tokens_count_the_bits_of_their_codebooks() -> None:
    """188 frames of 8 tokens of 10 bits in 2.5 s: 6.016 kbps, above the nominal 6 by the padding of the last frame."""
    bits = 188 * 8 * 10
    assert _kbps(_codes()) == Score(bits / SECONDS / 1000, SECONDS, {"bits": bits, "seconds": SECONDS})


def test_bytes_count_eight_bits() -> None:
    answer = _kbps(Packets((b"12345",) * 125, 40000))
    assert isinstance(answer, Score)
    assert answer.value == pytest.approx(125 * 5 * 8 / SECONDS / 1000)


def test_a_request_is_measured_by_its_reference_or_by_what_came_out() -> None:
    generated = Audio(np.zeros(80000), 16000)
    with_reference = _kbps(_codes(), Request(id="a", act="SE", reference=_clip()), generated)
    without = _kbps(_codes(), Request(id="a", act="TTS"), generated)
    assert isinstance(with_reference, Score)
    assert isinstance(without, Score)
    assert (with_reference.weight, without.weight) == (SECONDS, 5.0)


def test_nothing_sent_or_no_length_does_not_apply() -> None:
    assert isinstance(_kbps(None), NotApplicable)
    assert isinstance(_kbps(_codes(), Request(id="a", act="ASR")), NotApplicable)
