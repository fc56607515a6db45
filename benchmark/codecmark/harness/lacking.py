"""What a run needs and this machine lacks: weights of its models, and of the models that its metrics use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codecmark.core import registry
from codecmark.core.errors import WeightsMissing
from codecmark.core.plugins import MetricPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Weights, WeightsState
from codecmark.harness.task import Task


def of_models(tasks: Iterable[Task], resources: Resources) -> Iterator[Weights]:
    """The weights of the models of tasks that are published somewhere and not here."""
    for model, setting in (choice for task in tasks for choice in task.choices()):
        weights = model.weights(setting)
        if weights is not None and resources.state(weights) is WeightsState.MISSING:
            yield weights


def of_metrics(names: Iterable[str], resources: Resources) -> Iterator[Weights]:
    """Likewise of the models that metrics use."""
    for metric in registry.by_metric(names):
        weights = metric.weights(resources)
        if weights is not None and not _at_hand(metric, resources):
            yield weights


def fetched(wanted: Iterable[Weights], resources: Resources) -> Iterator[str]:
    """Fetches weights, each once, and says so line by line; what cannot be fetched is said, and stays missing."""
    for weights in {one.name: one for one in wanted}.values():
        yield f"fetching weights '{weights.name}' from {weights.source}"
        try:
            resources.download(weights)
        except WeightsMissing as error:
            yield str(error)


def _at_hand(metric: MetricPlugin, resources: Resources) -> bool:
    """Whether its evaluator is here; it knows more places than ours, such as the cache of its own package."""
    try:
        return metric.evaluator is None or bool(metric.evaluator(resources))
    except WeightsMissing:
        return False
