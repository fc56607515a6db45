"""From a name to a plug-in: a file on one of our shelves, or an entry point of an installed package.

A built-in plug-in is the `PLUGIN` of `codecmark/<kind>/<name>.py`. One out of tree is an entry point in the group
`codecmark.<kind>`, whose object is such a description. Nothing is imported before its name is asked for, or all are.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, TypeVar, cast

from codecmark.core.environments import Environment
from codecmark.core.errors import PluginError, UnknownName
from codecmark.core.plugins import (
    CodecPlugin,
    DatasetPlugin,
    ExecutorPlugin,
    LMPlugin,
    MetricPlugin,
    ModelPlugin,
    Plugin,
    ScoreSpec,
)

Kind = Literal["codecs", "lms", "metrics", "datasets", "executors"]
KINDS: dict[Kind, type[Plugin]] = {
    "codecs": CodecPlugin,
    "lms": LMPlugin,
    "metrics": MetricPlugin,
    "datasets": DatasetPlugin,
    "executors": ExecutorPlugin,
}
P = TypeVar("P", CodecPlugin, LMPlugin, MetricPlugin, DatasetPlugin, ExecutorPlugin)


@lru_cache(maxsize=len(KINDS))
def _shelf(kind: Kind) -> frozenset[str]:
    spec = importlib.util.find_spec(f"codecmark.{kind}")
    folders = list(spec.submodule_search_locations or []) if spec else []
    return frozenset(module.name for module in pkgutil.iter_modules(folders) if not module.ispkg)


@lru_cache(maxsize=len(KINDS))
def _entry_points(kind: Kind) -> list[importlib.metadata.EntryPoint]:
    return sorted(importlib.metadata.entry_points(group=f"codecmark.{kind}"), key=lambda point: point.name)


def names(kind: Kind) -> list[str]:
    """The names of all plug-ins of a kind, sorted. Raises `PluginError` for a name claimed twice."""
    known = set(_shelf(kind))
    for point in _entry_points(kind):
        if point.name in known:
            owner = point.dist.name if point.dist else point.value
            raise PluginError(
                f"the name '{point.name}' in {kind} is taken, but '{owner}' claims it too: rename it there"
            )
        known.add(point.name)
    return sorted(known)


def get(kind: Kind, name: str) -> Plugin:
    """The plug-in of that name. Raises `UnknownName`, or `PluginError` when it cannot be loaded."""
    if name not in names(kind):
        raise UnknownName(kind.removesuffix("s") if kind != "lms" else "codec LM", name, names(kind))
    return _load(kind, name)


@lru_cache(maxsize=1024)
def _load(kind: Kind, name: str) -> Plugin:
    try:
        if name in _shelf(kind):
            found = importlib.import_module(f"codecmark.{kind}.{name}").PLUGIN
        else:
            found = next(point for point in _entry_points(kind) if point.name == name).load()
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise PluginError(f"plug-in '{name}' in {kind} cannot be loaded: {reason}") from error
    if not isinstance(found, KINDS[kind]):
        raise PluginError(f"plug-in '{name}' in {kind} is a {type(found).__name__}, expected {KINDS[kind].__name__}")
    if found.name != name:
        raise PluginError(f"plug-in '{name}' in {kind} calls itself '{found.name}': the two names must be equal")
    return found


def every(kind: type[P]) -> tuple[list[P], list[PluginError]]:
    """All plug-ins of a kind that load, sorted by name, and why the others do not."""
    shelf: Kind = next(key for key, value in KINDS.items() if value is kind)
    found: list[P] = []
    broken: list[PluginError] = []
    for name in names(shelf):
        try:
            found.append(cast(P, _load(shelf, name)))
        except PluginError as error:
            broken.append(error)
    return found, broken


def problems() -> list[PluginError]:
    """Why the plug-ins of any kind that do not load do not."""
    found: list[PluginError] = []
    for kind in KINDS:
        for name in names(kind):
            try:
                _load(kind, name)
            except PluginError as error:
                found.append(error)
    return found


def model(name: str) -> ModelPlugin:
    """The codec or codec language model of that name."""
    known = {**dict.fromkeys(names("lms"), "lms"), **dict.fromkeys(names("codecs"), "codecs")}
    if name not in known:
        raise UnknownName("model", name, known)
    return cast(ModelPlugin, _load(cast(Kind, known[name]), name))


def models() -> list[ModelPlugin]:
    """Every codec and codec language model that loads."""
    return [*every(CodecPlugin)[0], *every(LMPlugin)[0]]


def environments() -> dict[str, tuple[Environment, list[str]]]:
    """The environments that models work in, by name, and the models of each.

    Raises `PluginError` when two models mean different things by one name.
    """
    found: dict[str, tuple[Environment, list[str]]] = {}
    for plugin in models():
        if plugin.environment is None:
            continue
        environment, users = found.setdefault(plugin.environment.name, (plugin.environment, []))
        if environment != plugin.environment:
            raise PluginError(
                f"'{users[0]}' and '{plugin.name}' differ in environment '{environment.name}': rename one"
            )
        users.append(plugin.name)
    return dict(sorted(found.items()))


def metric(score: str) -> tuple[MetricPlugin, ScoreSpec]:
    """The metric that gives the score of that name, and the score's description.

    Raises `UnknownName`, or `PluginError` when two metrics claim one score.
    """
    scores = _scores()
    if score not in scores:
        raise UnknownName("metric", score, scores)
    return scores[score]


def by_metric(scores: Iterable[str]) -> dict[MetricPlugin, tuple[str, ...]]:
    """Score names by the metric that gives them."""
    found: dict[MetricPlugin, list[str]] = defaultdict(list)
    for score in scores:
        found[metric(score)[0]].append(score)
    return {plugin: tuple(names) for plugin, names in found.items()}


@lru_cache(maxsize=1)
def _scores() -> dict[str, tuple[MetricPlugin, ScoreSpec]]:
    scores: dict[str, tuple[MetricPlugin, ScoreSpec]] = {}
    for plugin in every(MetricPlugin)[0]:
        for spec in plugin.scores:
            if spec.name in scores:
                other = scores[spec.name][0].name
                raise PluginError(
                    f"metrics '{other}' and '{plugin.name}' both claim the score '{spec.name}': rename one"
                )
            scores[spec.name] = (plugin, spec)
    return scores


def forget() -> None:
    """Looks again at what is installed; for a process that has just gained a plug-in."""
    for cache in (_shelf, _entry_points, _load, _scores, _version):
        cache.cache_clear()


def dataset(full_name: str) -> tuple[DatasetPlugin, str]:
    """The corpus of a full name (`starter`, `librispeech/test-clean`, `manifest:PATH`) and the part behind its name.

    Raises `UnknownName` for a corpus or split that is not known.
    """
    name, separator, argument = full_name, "", ""
    for mark in full_name:
        if mark in ":/":
            name, separator, argument = full_name.partition(mark)
            break
    plugin = cast(DatasetPlugin, get("datasets", name))
    if plugin.takes_path and (separator != ":" or not argument):
        raise UnknownName("dataset", full_name, [f"{name}:PATH"])
    if not plugin.takes_path and argument not in (plugin.splits or ("",)):
        raise UnknownName("dataset", full_name, [f"{name}/{split}" for split in plugin.splits] or [name])
    return plugin, argument


def versions(packages: Sequence[str]) -> dict[str, str]:
    """The installed version of each distribution, 'absent' where there is none."""
    return {package: _version(package) for package in packages}


@lru_cache(maxsize=256)
def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"
