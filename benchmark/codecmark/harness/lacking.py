"""What a run needs and this machine lacks: weights of its models, and of the models that its metrics use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codecmark.core import choose, registry
from codecmark.core.errors import WeightsMissing
from codecmark.core.plugins import MetricPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Weights, WeightsState
from codecmark.harness.task import Task


def lacking(tasks: Iterable[Task], resources: Resources) -> list[Weights]:
    """The weights that are published somewhere and not here, each once."""
    return list({weights.name: weights for task in tasks for weights in _of_task(task, resources)}.values())


def _of_task(task: Task, resources: Resources) -> Iterator[Weights]:
    for model, setting in choose.settings(task.models):
        weights = model.weights(setting)
        if weights is not None and resources.state(weights) is WeightsState.MISSING:
            yield weights
    given = task.resources(resources)
    for metric in registry.by_metric(task.metrics):
        weights = metric.weights(given)
        if weights is not None and not _at_hand(metric, given):
            yield weights


def _at_hand(metric: MetricPlugin, resources: Resources) -> bool:
    """Whether its evaluator is here; it knows more places than ours, such as the cache of its own package."""
    try:
        return metric.evaluator is None or bool(metric.evaluator(resources))
    except WeightsMissing:
        return False
