"""`codecmark download NAME`: the only command that fetches a corpus or weights without being in a run."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from codecmark.core.plugins import ModelPlugin
    from codecmark.core.settings import Weights


def download(
    name: Annotated[
        str, typer.Argument(help="A corpus, as librispeech/test-clean; a model, as lyra; for metrics, whisper-base.en.")
    ],
    data_root: Annotated[
        Path | None, typer.Option(help="Where the corpus goes; by default the cache, where every run finds it.")
    ] = None,
) -> None:
    """Download a corpus, or the weights of a model or of what metrics use."""
    from codecmark.core import registry

    logging.basicConfig(format="%(message)s")
    logging.getLogger("codecmark").setLevel(logging.INFO)
    if name.partition(":")[0].partition("/")[0] in registry.names("datasets"):
        typer.echo(f"{name}: {_corpus(name, data_root)}")
        return
    for place in _weights(name):
        typer.echo(f"{name}: {place}")


def _corpus(name: str, data_root: Path | None) -> Path:
    from codecmark.core import corpora, registry
    from codecmark.core.errors import UsageError
    from codecmark.core.resources import home

    plugin, split = registry.dataset(name)
    if split not in plugin.archives:
        source = f"get it from {plugin.url}; " if plugin.url else ""
        raise UsageError(f"dataset '{name}' has no download: {source}{plugin.layout}")
    root = data_root or home() / "data"
    corpora.download(plugin, split, root)
    return root


def _weights(name: str) -> list[str]:
    from codecmark.core import registry
    from codecmark.core.errors import UsageError
    from codecmark.core.resources import Resources

    if name in {*registry.names("codecs"), *registry.names("lms")}:
        model = registry.model(name)
        if model.open is None:
            raise UsageError(f"'{name}' does not run here: {model.unavailable}")
        wanted = _needed(model)
    else:
        wanted = [_weights_called(name)]
    return [str(Resources().download(weights)) for weights in wanted] or ["it needs no weights"]


def _weights_called(name: str) -> Weights:
    """Weights by their own name, which the message about missing ones gives. Raises `UnknownName` over all names."""
    from codecmark.core import registry
    from codecmark.core.errors import UnknownName
    from codecmark.core.plugins import DatasetPlugin

    models = registry.models()
    known = {weights.name: weights for model in models for weights in _needed(model)} | _of_metrics(name)
    if name not in known:
        corpora = registry.every(DatasetPlugin)[0]
        splits = [f"{corpus.name}/{split}".strip("/") for corpus in corpora for split in corpus.archives]
        raise UnknownName("corpus or model", name, {*known, *splits, *(model.name for model in models)})
    return known[name]


def _of_metrics(name: str) -> dict[str, Weights]:
    """The weights that metrics use unless told otherwise, and those that `name` asks for as ROLE-NAME."""
    from codecmark.core import registry
    from codecmark.core.plugins import MetricPlugin
    from codecmark.core.resources import Resources

    metrics = [metric for metric in registry.every(MetricPlugin)[0] if metric.role is not None]
    asked = [Resources()]
    asked += [Resources(evaluators={str(metric.role): name.removeprefix(f"{metric.role}-")}) for metric in metrics]
    found = [metric.weights(resources) for metric in metrics for resources in asked]
    return {weights.name: weights for weights in found if weights is not None}


def _needed(model: ModelPlugin) -> list[Weights]:
    needed = {weights.name: weights for setting in model.settings if (weights := model.weights(setting))}
    return list(needed.values())
