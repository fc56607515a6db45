"""Asking a metric for scores: the reference half once per item, whatever it raises as a typed answer."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from codecmark.core import registry
from codecmark.core.contracts import Metric
from codecmark.core.errors import ClipError, CodecmarkError, WeightsMissing
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin
from codecmark.core.resources import Resources
from codecmark.core.scores import Answer, Failure, NotApplicable, Score, Unavailable

Pair = tuple[Clip | Request, Output]
Answers = list[dict[str, Answer]]
"""By score name, for each item in order."""
Metrics = dict[tuple[str, tuple[str, ...]], Metric]


class Grader:
    """Opens metrics when first asked for and keeps their reference halves as long as it lives (one shard)."""

    def __init__(self, metrics: Metrics | None = None, resources: Resources | None = None) -> None:
        self.metrics: Metrics = {} if metrics is None else metrics
        self._resources = resources or Resources()
        self._prepared: dict[tuple[str, tuple[str, ...], str], Any] = {}

    def grade(self, metric: str, names: Sequence[str], batch: Sequence[Pair]) -> Answers:
        """The answers by score name for each (item, output), in order.

        A batch that raises is tried again in halves, so that only a clip that raises alone fails.
        """
        if not batch:
            return []
        wanted = tuple(names)
        answers = self._attempt(metric, wanted, batch)
        if not isinstance(answers, Failure):
            return answers
        if len(batch) == 1:
            return [dict.fromkeys(wanted, answers)]
        half = len(batch) // 2  # whatever memory the attempt took is free again by now
        return [*self.grade(metric, wanted, batch[:half]), *self.grade(metric, wanted, batch[half:])]

    def _attempt(self, metric: str, wanted: tuple[str, ...], batch: Sequence[Pair]) -> Answers | Failure:
        try:
            worker = self._metric(metric, wanted)
            prepared = [(self._prepare(metric, wanted, item), output) for item, output in batch]
            return _checked(worker.score(prepared), wanted, len(batch))
        except WeightsMissing as error:
            return [dict.fromkeys(wanted, Unavailable(str(error))) for _ in batch]
        except Exception as error:  # noqa: BLE001 - foreign code; its clip fails, the run goes on
            return failure("score", error)

    def _metric(self, name: str, wanted: tuple[str, ...]) -> Metric:
        if (name, wanted) not in self.metrics:
            plugin = cast(MetricPlugin, registry.get("metrics", name))
            self.metrics[name, wanted] = plugin.open(wanted, self._resources)
        return self.metrics[name, wanted]

    def _prepare(self, metric: str, wanted: tuple[str, ...], item: Clip | Request) -> Any:
        key = (metric, wanted, item.id)
        if key not in self._prepared:
            self._prepared[key] = self.metrics[metric, wanted].prepare(item)
        return self._prepared[key]


def failure(stage: str, error: Exception) -> Failure:
    """What an exception says as a typed answer, on one line."""
    if isinstance(error, ClipError):
        return Failure(stage, error.kind, error.message)
    message = " ".join(str(error).split())[:300]
    if isinstance(error, CodecmarkError):
        return Failure(stage, type(error).__name__, message)
    return Failure(
        stage, type(error).__name__, f"{type(error).__name__}: {message}" if message else type(error).__name__
    )


def _checked(answers: Any, wanted: tuple[str, ...], count: int) -> list[dict[str, Answer]]:
    """What a metric gave, every name answered. Raises `ClipError` where it is not what the contract says."""
    if not isinstance(answers, Sequence) or len(answers) != count:
        found = f"{len(answers)} answers" if isinstance(answers, Sequence) else type(answers).__name__
        raise ClipError("wrong_answer", f"the metric gave {found} for {count} outputs")
    missing = Failure("score", "no_answer", "the metric gave no answer")
    return [{name: _sound(answer.get(name, missing)) for name in wanted} for answer in answers]


def _sound(answer: Any) -> Answer:
    """The answer, its numbers plain ones and its detail such that JSON can hold it; else raises."""
    if isinstance(answer, Failure | Unavailable):
        return answer
    if not isinstance(answer, Score | NotApplicable):
        raise ClipError("wrong_answer", f"the metric gave {type(answer).__name__}, expected a Score")
    json.dumps(answer.detail)
    if isinstance(answer, NotApplicable):
        return answer
    value, weight = float(answer.value), float(answer.weight)
    if not 0 <= weight < math.inf:
        raise ClipError("wrong_answer", f"the metric gave a score the weight {weight}")
    return replace(answer, value=value, weight=weight)
