"""Metrics that count the samples of a clip, and misbehave on clips with `loud` in their id."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from codecmark import Clip, MetricPlugin, Output, Request, Resources, Score, ScoreSpec


class Faulty:
    def __init__(self, misbehave: Callable[[str], Any], names: Sequence[str], resources: Resources) -> None:
        self._misbehave = misbehave
        self._name = names[0]

    def prepare(self, item: Clip | Request) -> str:
        return item.id

    def score(self, batch: Sequence[tuple[str, Output]]) -> Any:
        for name, _ in batch:
            if "loud" in name:
                return self._misbehave(self._name)
        return [{self._name: Score(float(output.audio.num_samples if output.audio else 0))} for _, output in batch]


def _abort(name: str) -> Any:
    ctypes.string_at(0)


def _sleep(seconds: float, name: str) -> Any:
    time.sleep(seconds)
    return [{name: Score(seconds)}]


def _dawdle(name: str) -> Any:
    """Says that it is at work, by a file, and takes its time."""
    if mark := os.environ.get("CODECMARK_TEST_MARK"):
        Path(mark).touch()
    return _sleep(0.5, name)


def _raise(name: str) -> Any:
    raise KeyError("what\nis this")


def _say(answers: Callable[[str], Any], name: str) -> Any:
    return answers(name)


def _metric(name: str, misbehave: Callable[[str], Any], place: Literal["worker", "device"] = "worker") -> MetricPlugin:
    return MetricPlugin(
        name=name,
        scores=(ScoreSpec(name=name, title=name, summary="", higher_is_better=None),),
        open=partial(Faulty, misbehave),
        place=place,
    )


ABORTS = _metric("aborts", _abort)
HANGS = _metric("hangs", partial(_sleep, 3600.0))
SLOW = _metric("slow", _dawdle)
RAISES = _metric("raises", _raise)

_MUTE = partial(_say, lambda name: [])
_NUMBER = partial(_say, lambda name: [{name: 0.5}])
_UNSOUND = partial(_say, lambda name: [{name: Score("high", detail={"of": object()})}])  # type: ignore[arg-type]
MUTE, MUTE_HERE = _metric("mute", _MUTE), _metric("mute_here", _MUTE, "device")
NUMBER, NUMBER_HERE = _metric("number", _NUMBER), _metric("number_here", _NUMBER, "device")
UNSOUND, UNSOUND_HERE = _metric("unsound", _UNSOUND), _metric("unsound_here", _UNSOUND, "device")
