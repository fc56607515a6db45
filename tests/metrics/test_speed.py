"""Real-time factors and memory from a timing, by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from codecmark.core.audio import Audio
from codecmark.core.items import Clip, Output, Timing
from codecmark.core.resources import Resources
from codecmark.core.scores import Answer, NotApplicable, Score
from codecmark.metrics.speed import PLUGIN

NAMES = ("encode_rtf", "decode_rtf", "peak_memory_mb")


def _answers(timing: Timing | None, names: tuple[str, ...] = NAMES) -> Mapping[str, Answer]:
    worker = PLUGIN.open(names, Resources())
    clip = Clip(id="a", load=lambda: Audio(np.zeros(16000), 16000), seconds=1.0, sha256="0")
    return worker.score([(worker.prepare(clip), Output(id="a", timing=timing))])[0]


def test_median_and_quartiles_over_the_audio_seconds() -> None:
    seconds = (0.5, 0.1, 0.2, 0.4, 0.3)
    answers = _answers(Timing(audio_seconds=2.0, encode_seconds=seconds, decode_seconds=(1.0,), peak_bytes=5_000_000))
    encode, decode, memory = (answers[name] for name in NAMES)
    assert isinstance(encode, Score)
    assert encode.value == pytest.approx(0.15)
    assert encode.detail == {"p25": pytest.approx(0.1), "p75": pytest.approx(0.2), "seconds": list(seconds)}
    assert decode == Score(0.5, detail={"p25": 0.5, "p75": 0.5, "seconds": [1.0]})
    assert memory == Score(5.0)


def test_what_was_not_timed_does_not_apply() -> None:
    language_model = _answers(Timing(audio_seconds=2.0, decode_seconds=(1.0,)))
    assert language_model["encode_rtf"] == NotApplicable("the model does not encode")
    assert language_model["peak_memory_mb"] == NotApplicable("peak memory was not measured")
    assert all(isinstance(answer, NotApplicable) for answer in _answers(None).values())


def test_only_the_wanted_names_are_answered() -> None:
    assert set(_answers(None, ("decode_rtf",))) == {"decode_rtf"}
