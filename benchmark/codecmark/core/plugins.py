"""The descriptions of plug-ins: cheap to import, each with one `open` that returns the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from codecmark.core.acts import RESYNTHESIS, act
from codecmark.core.contracts import Codec, CodecLM, Dataset, Executor, Metric, Parts
from codecmark.core.environments import Environment
from codecmark.core.items import Domain
from codecmark.core.resources import Resources
from codecmark.core.scores import NotApplicable, Unavailable
from codecmark.core.settings import Card, Setting, Weights


def whole_frames(setting: Setting, num_samples: int) -> tuple[int, ...]:
    """Tokens of each stream for a clip, the last frame filled up: ceil(num_samples / hop)."""
    rate = setting.sample_rate or 0
    return tuple(-(-num_samples // round(rate / stream.frame_rate)) for stream in setting.streams)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecPlugin:
    """A codec family and its settings. `version` is the adapter's: raise it when its output changes.

    `weights` says which files a setting needs, or None. `frames` is how many tokens a codec that has streams sends in
    each of them for a clip of so many samples. `parts` opens the network in a folder that holds a checkpoint
    in the layout of the codec's makers, of any widths, with a `meta.json`: see tests/parity/README.md.
    `environment` is the interpreter of its own that it works in, if it needs one.
    """

    name: str
    card: Card
    settings: tuple[Setting, ...]
    open: Callable[[Setting, Resources], Codec]
    weights: Callable[[Setting], Weights | None] = lambda setting: None
    frames: Callable[[Setting, int], tuple[int, ...]] = whole_frames
    parts: Callable[[Path, Resources], Parts] | None = None
    version: str = "1"
    packages: tuple[str, ...] = ()
    environment: Environment | None = None

    def refusal(self, wanted: str) -> NotApplicable | None:
        """Why it does not do that act, if it does not."""
        return None if wanted == RESYNTHESIS else NotApplicable(f"{self.name} does not do {wanted}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LMPlugin:
    """A codec language model. `acts` are those this implementation runs; any other is not applicable.

    A model of the survey's Tab.03 has the title that it has there, and nothing else may have it. One that nothing here
    runs has no `open`, no acts, and says in `unavailable` why. `codec` is the setting of ours whose tokens it speaks,
    where the checkpoint is the same. `environment` is the interpreter of its own that it works in, if it needs one.
    """

    name: str
    card: Card
    settings: tuple[Setting, ...]
    acts: frozenset[str] = frozenset()
    open: Callable[[Setting, Resources], CodecLM] | None = None
    unavailable: str = ""
    codec: str | None = None
    weights: Callable[[Setting], Weights | None] = lambda setting: None
    version: str = "1"
    packages: tuple[str, ...] = ()
    environment: Environment | None = None

    def __post_init__(self) -> None:
        for name in self.acts:
            act(name)
        if (self.open is None) != bool(self.unavailable) or (self.open is None and self.acts):
            raise ValueError("a model has an `open`, or it has no acts and says in `unavailable` why")

    def refusal(self, wanted: str) -> NotApplicable | Unavailable | None:
        """Why it does not do that act, if it does not."""
        if wanted in self.acts:
            return None
        if self.open is None and wanted != RESYNTHESIS:
            return Unavailable(f"{self.card.title} does not run here: {self.unavailable}")
        return NotApplicable(f"{self.name} does not do {wanted}")


ModelPlugin = CodecPlugin | LMPlugin
Choice = tuple[ModelPlugin, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSpec:
    """One number a metric gives: how to print it, which way is better, where it has a meaning.

    `aggregate` says how clips become one number: the weighted mean, or the median.
    `higher_is_better` is None where neither is. `best` is the value a perfect copy gets, where it is finite.
    `of_waveform` says that it means nothing for a model that keeps no waveform (a vocoder).
    """

    name: str
    title: str
    summary: str
    higher_is_better: bool | None
    unit: str = ""
    decimals: int = 2
    best: float | None = None
    domains: tuple[Domain, ...] = ("speech", "music", "sound")
    aggregate: Literal["mean", "median"] = "mean"
    of_waveform: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPlugin:
    """An evaluator and the scores it gives. `open` is told which of them are wanted; it need not work out others.

    `place`: `worker` runs one clip at a time in a child process that may die, `device` in the process of the model,
    in batches, `timing` on outputs of the timing pass. `version` is of the definition: raise it when numbers change.
    `packages` are the distributions whose version defines the number. `quality` scores are refused for models
    with random weights. `evaluator` names the model behind the scores (its checkpoint and hash) for their key, and
    raises `WeightsMissing` where it is not here. A user may name another model under `role`; `weights` are the
    published files of the one that is asked for, called ROLE or ROLE-NAME, or None where it is a path. `cost` is
    roughly how many seconds of a core one of its scores takes per second of audio, for the estimate before a run.
    """

    name: str
    scores: tuple[ScoreSpec, ...]
    open: Callable[[Sequence[str], Resources], Metric]
    place: Literal["worker", "device", "timing"] = "worker"
    version: str = "1"
    packages: tuple[str, ...] = ()
    quality: bool = True
    evaluator: Callable[[Resources], str] | None = None
    role: str | None = None
    weights: Callable[[Resources], Weights | None] = lambda resources: None
    cost: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A file to download: its address, its published checksum (MD5, SHA-1 or SHA-256) and its size in bytes."""

    url: str
    checksum: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPlugin:
    """A corpus. Its full name is `name`, `name/SPLIT` (a split of `splits`) or `name:PATH` (`takes_path`).

    `open` is given the part after the separator ('' if none). `folders` are names of its folder in a data root, that of
    its archive first; it is known by the path `holds` in that folder, where {split} stands for the split.
    `archives` are what splits are downloaded from, where that is possible. `layout` says in words what a local tree
    looks like. `synthetic` speech is said to be so wherever it is shown.
    """

    name: str
    title: str
    summary: str
    licence: str
    open: Callable[[str, Resources], Dataset]
    splits: tuple[str, ...] = ()
    takes_path: bool = False
    folders: tuple[str, ...] = ()
    holds: str = ""
    layout: str = ""
    url: str | None = None
    synthetic: bool = False
    version: str = "1"
    archives: Mapping[str, Archive] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorPlugin:
    """A place to run lanes."""

    name: str
    summary: str
    open: Callable[[], Executor]


Plugin = CodecPlugin | LMPlugin | MetricPlugin | DatasetPlugin | ExecutorPlugin
