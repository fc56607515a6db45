"""Asking a metric: the reference half once, a batch that raises clip by clip, anything it says as a typed answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from codecmark import Audio, Clip, ClipError, Failure, NotApplicable, Output, Score, Unavailable
from codecmark.core.errors import DataError, WeightsMissing
from codecmark.harness.grade import Grader, failure
from codecmark.harness.references import itself

AUDIO = Audio(np.full(100, 0.5), 100)


class Metric:
    def __init__(self, answers: Any = None) -> None:
        self.prepared: list[str] = []
        self.batches: list[int] = []
        self.answers = answers

    def prepare(self, item: Any) -> str:
        self.prepared.append(item.id)
        if "unprepared" in item.id:
            raise ClipError("silent", "nothing to hear")
        return str(item.id)

    def score(self, batch: Sequence[tuple[str, Output]]) -> Any:
        self.batches.append(len(batch))
        if any("bad" in name for name, _ in batch):
            raise ValueError("bad\n  clip")
        return [{"m": Score(1.0)} for _ in batch] if self.answers is None else self.answers


def pairs(*names: str) -> list[tuple[Clip, Output]]:
    return [
        (Clip(id=name, load=partial(itself, AUDIO), seconds=1, sha256=""), Output(id=name, audio=AUDIO))
        for name in names
    ]


def grader(metric: Metric) -> Grader:
    return Grader({("m", ("m",)): metric})


def test_the_reference_half_is_prepared_once_for_all_outputs() -> None:
    metric = Metric()
    one = grader(metric)
    one.grade("m", ("m",), pairs("a", "b"))
    one.grade("m", ("m",), pairs("b", "c"))
    assert metric.prepared == ["a", "b", "c"]
    assert metric.batches == [2, 2]
    assert one.grade("m", ("m",), []) == []


def test_a_batch_that_raises_is_asked_again_in_halves() -> None:
    metric = Metric()
    answers = grader(metric).grade("m", ("m",), pairs("a", "bad", "unprepared", "d"))
    assert [answer["m"] for answer in answers] == [
        Score(1.0),
        Failure("score", "ValueError", "ValueError: bad clip"),
        Failure("score", "silent", "nothing to hear"),
        Score(1.0),
    ]
    assert metric.batches == [2, 1, 1, 1]  # the whole, and the half with the unprepared, never got as far as score


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([{"m": Score(np.float32(0.5))}], Score(0.5)),  # type: ignore[arg-type]
        ([{"m": Score(float("nan"))}], None),
        ([{"m": NotApplicable("no")}], NotApplicable("no")),
        ([{"m": Failure("score", "k", "m")}], Failure("score", "k", "m")),
        ([{"m": Unavailable("gone")}], Unavailable("gone")),
        ([{}], Failure("score", "no_answer", "the metric gave no answer")),
        ([{"other": Score(1.0)}], Failure("score", "no_answer", "the metric gave no answer")),
        ([], Failure("score", "wrong_answer", "the metric gave 0 answers for 1 outputs")),
        ([{"m": Score(1.0)}] * 2, Failure("score", "wrong_answer", "the metric gave 2 answers for 1 outputs")),
        (0, Failure("score", "wrong_answer", "the metric gave int for 1 outputs")),
        ([{"m": 1.0}], Failure("score", "wrong_answer", "the metric gave float, expected a Score")),
        ([{"m": None}], Failure("score", "wrong_answer", "the metric gave NoneType, expected a Score")),
    ],
)
def test_whatever_a_metric_says(answers: Any, expected: Any) -> None:
    (found,) = grader(Metric(answers)).grade("m", ("m",), pairs("a"))
    if expected is not None:
        assert found == {"m": expected}
        assert type(getattr(found["m"], "value", 0.0)) is float


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_would_spoil_the_mean(weight: float) -> None:
    (found,) = grader(Metric([{"m": Score(1.0, weight)}])).grade("m", ("m",), pairs("a"))
    assert isinstance(found["m"], Failure)
    assert found["m"].kind == "wrong_answer"


def test_weights_that_are_missing_make_it_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    from codecmark.core import registry
    from codecmark.metrics.stoi import PLUGIN

    def open_nothing(names: Any, resources: Any) -> Any:
        raise WeightsMissing("get them")

    from dataclasses import replace

    monkeypatch.setattr(registry, "get", lambda kind, name: replace(PLUGIN, open=open_nothing))
    answers = Grader().grade("stoi", ("stoi", "estoi"), pairs("a", "b"))
    assert answers == [{"stoi": Unavailable("get them"), "estoi": Unavailable("get them")}] * 2


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClipError("short", "too short"), Failure("open", "short", "too short")),
        (ValueError("a\n b"), Failure("open", "ValueError", "ValueError: a b")),
        (DataError("cannot read a.wav: no such file"), Failure("open", "DataError", "cannot read a.wav: no such file")),
        (MemoryError(), Failure("open", "MemoryError", "MemoryError")),
    ],
)
def test_an_exception_as_a_failure(error: Exception, expected: Failure) -> None:
    assert failure("open", error) == expected
