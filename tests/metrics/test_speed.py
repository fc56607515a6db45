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


def _answers(
    timing: Timing | None, names: tuple[str, ...] = NAMES, batch_timing: Timing | None = None
) -> Mapping[str, Answer]:
    worker = PLUGIN.open(names, Resources())
    clip = Clip(id="a", load=lambda: Audio(np.zeros(16000), 16000), seconds=1.0, sha256="0")
    output = Output(id="a", timing=timing, batch_timing=batch_timing)
    return worker.score([(worker.prepare(clip), output)])[0]


def test_median_and_quartiles_over_the_audio_seconds() -> None:
    seconds = (0.5, 0.1, 0.2, 0.4, 0.3)
    answers = _answers(Timing(audio_seconds=2.0, encode_seconds=seconds, decode_seconds=(1.0,), peak_bytes=5_000_000))
    encode, decode, memory = (answers[name] for name in NAMES)
    assert isinstance(encode, Score)
    assert encode.value == pytest.approx(0.15)
    terms = {"batch": 1, "clip_seconds": 2.0}
    runs = [0.25, 0.05, 0.1, 0.2, 0.15]
    assert encode.detail == {**terms, "p25": pytest.approx(0.1), "p75": pytest.approx(0.2), "runs": runs}
    assert decode == Score(0.5, detail={**terms, "p25": 0.5, "p75": 0.5, "runs": [0.5]})
    assert memory == Score(5.0, detail=terms)


def test_what_was_not_timed_does_not_apply() -> None:
    language_model = _answers(Timing(audio_seconds=2.0, decode_seconds=(1.0,)))
    assert language_model["encode_rtf"] == NotApplicable("the model does not encode")
    assert language_model["peak_memory_mb"] == NotApplicable("peak memory was not measured")
    assert all(isinstance(answer, NotApplicable) for answer in _answers(None).values())


def test_only_the_wanted_names_are_answered() -> None:
    assert set(_answers(None, ("decode_rtf",))) == {"decode_rtf"}


def test_a_batch_beside_one_clip() -> None:
    """Four clips of 10 s in 2 s are 20 s of audio per second; one in 1 s are 10."""
    one = Timing(
        audio_seconds=10.0, encode_seconds=(1.0,), decode_seconds=(4.0,), peak_bytes=10**8, parameters=14_850_000
    )
    four = Timing(
        audio_seconds=40.0,
        encode_seconds=(2.0, 2.0, 4.0),
        decode_seconds=(5.0,),
        peak_bytes=3 * 10**8,
        batch=4,
        limit="out of memory at 8",
        precision="float32, TF32 off",
    )
    answers = _answers(one, tuple(spec.name for spec in PLUGIN.scores), four)
    values = {name: answer.value for name, answer in answers.items() if isinstance(answer, Score)}
    assert values == pytest.approx(
        {
            "encode_rtf": 0.1,
            "decode_rtf": 0.4,
            "encode_speed": 10,
            "decode_speed": 2.5,
            "peak_memory_mb": 100,
            "latency_ms": 5000,
            "parameters_m": 14.85,
            "batch_size": 4,
            "batch_encode_rtf": 0.05,
            "batch_decode_rtf": 0.125,
            "batch_encode_speed": 20,
            "batch_decode_speed": 8,
            "batch_peak_memory_mb": 300,
        }
    )
    speed = answers["batch_encode_speed"]
    assert isinstance(speed, Score)
    assert speed.detail == {
        "batch": 4,
        "clip_seconds": 10.0,
        "limit": "out of memory at 8",
        "precision": "float32, TF32 off",
        "p25": 15.0,
        "p75": 20.0,
        "runs": [20.0, 20.0, 10.0],
    }


def test_where_no_batch_was_timed() -> None:
    timing = Timing(audio_seconds=1.0, decode_seconds=(0.25,))
    answers = _answers(timing, ("batch_size", "batch_decode_rtf", "parameters_m", "latency_ms"))
    assert answers["batch_size"] == answers["batch_decode_rtf"] == NotApplicable("not timed in batches")
    assert answers["parameters_m"] == NotApplicable("the model is no network of torch")
    latency = answers["latency_ms"]
    assert isinstance(latency, Score)
    assert latency.value == 250  # of a language model all is decoding
