"""A task: one YAML file that says what is measured, on which clips, how, and by which metrics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, field_validator

from codecmark.core import choose, content, registry
from codecmark.core.acts import ACTS, RESYNTHESIS
from codecmark.core.audio import Mono
from codecmark.core.codebooks import Counts
from codecmark.core.errors import ClipError, ContentError, DataError, UnknownName, UsageError
from codecmark.core.items import Clip, Domain
from codecmark.core.plugins import Choice, CodecPlugin, LMPlugin, MetricPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Kind

TOO_LONG = "too_long"
"""The kind of failure of a clip that is longer than a task admits."""


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class Part(BaseModel):
    """A part of a file of tasks/: nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=Part)


class Selection(Part):
    """Which clips of the dataset: filters, then at most `limit`; the first ones, or with a `seed` those whose ids have
    the lowest hash: a random draw that depends on nothing but the seed and the ids, and of which a smaller one is part.
    """

    limit: int | None = Field(default=None, ge=1)
    seed: int | None = None
    min_seconds: float | None = Field(default=None, ge=0)
    max_seconds: float | None = Field(default=None, gt=0)
    domains: tuple[Domain, ...] | None = None
    languages: tuple[str, ...] | None = None

    def apply(self, clips: Sequence[Clip], only: Sequence[str] | None = None) -> list[Clip]:
        """The clips selected, in the dataset's order; of them `only` those with these ids.

        Raises `DataError` when none is left, `UsageError` for an id that no selected clip has.
        """
        kept = [clip for clip in clips if self._admits(clip)]
        if self.limit is not None and self.seed is not None:
            drawn = {clip.id for clip in sorted(kept, key=lambda clip: _draw(self.seed, clip.id))[: self.limit]}
            kept = [clip for clip in kept if clip.id in drawn]
        kept = kept[: self.limit]
        if not kept:
            raise DataError(f"the selection leaves none of the {len(clips)} clips: loosen it in the task's YAML")
        known = {clip.id for clip in kept}
        for unknown in [id_ for id_ in only or () if id_ not in known]:
            raise UsageError(f"--clip {unknown}: no such clip among the {len(kept)} selected, such as {kept[0].id}")
        return [clip for clip in kept if not only or clip.id in only]

    def _admits(self, clip: Clip) -> bool:
        return (
            (self.min_seconds is None or clip.seconds >= self.min_seconds)
            and (self.max_seconds is None or clip.seconds <= self.max_seconds)
            and (self.domains is None or clip.domain in self.domains)
            and (self.languages is None or clip.language in self.languages)
        )


class Stopwatch(Part):
    """The timing pass: how many clips (spread evenly over the lengths) and how often each, after warm-up runs.

    With `clip_seconds` a codec is given each clip at that length, cut or repeated. With `max_batch` above 1 it is also
    given as many copies of it as fit, found by doubling up to that number; a network on a CPU, or a codec that uses no
    other device, up to `max_batch_cpu`, since larger batches gain nothing there. A batch is not doubled when a run of
    it takes more than `max_seconds`.
    """

    clips: int = Field(default=3, ge=1)
    repeats: int = Field(default=3, ge=1)
    warm_up: int = Field(default=1, ge=0)
    clip_seconds: float | None = Field(default=None, gt=0)
    max_batch: int = Field(default=1, ge=1)
    max_batch_cpu: int = Field(default=4, ge=1)
    max_seconds: float = Field(default=30.0, gt=0)

    def choose(self, clips: Sequence[Clip]) -> list[Clip]:
        """The clips to time, at even ranks of length."""
        ranked = sorted(clips, key=lambda clip: (clip.seconds, clip.id))
        count = min(self.clips, len(ranked))
        return [ranked[(2 * index + 1) * len(ranked) // (2 * count)] for index in range(count)]

    def largest_batch(self, device: str, kind: Kind) -> int:
        """The largest batch to try of a model of that kind."""
        on_device = device != "cpu" and kind in ("neural", "lm", "demonstration")
        return self.max_batch if on_device else min(self.max_batch, self.max_batch_cpu)

    @property
    def key(self) -> tuple[Any, ...]:
        """What a timing depends on where clips are not timed one by one, as they are: part of the key of its scores."""
        if self.clip_seconds is None and self.max_batch == 1:
            return ()
        return self.clip_seconds, self.max_batch, self.max_batch_cpu, self.max_seconds


class Task(Part):
    """One YAML of tasks/. `sample_rate` is the evaluation rate in Hz that every score is taken at; `mono` says how
    channels become one; `models` and `metrics` are what runs unless the command line says otherwise; `evaluators` are
    the models that metrics use, by role; `metric_clips` says of a score that is dear on how many clips it is taken;
    with `keep_audio` what was decoded stays in the run folder. Clips are coded whole, since chunks would change their
    codes; one longer than `max_clip_seconds` fails, so that memory does not."""

    schema_version: Literal[1] = Field(alias="schema")
    name: Name
    version: int = Field(ge=1)
    title: str
    description: str = ""
    act: str = RESYNTHESIS
    dataset: str
    selection: Selection = Selection()
    sample_rate: int = Field(gt=0)
    mono: Mono = "mean"
    models: tuple[str, ...] = ("*",)
    metrics: tuple[str, ...] = Field(min_length=1)
    evaluators: dict[str, str] = {}
    metric_clips: dict[str, PositiveInt] = {}
    seed: int = 0
    batch_size: int = Field(default=16, ge=1)
    max_clip_seconds: float = Field(default=120.0, gt=0)
    keep_audio: bool = False
    timing: Stopwatch = Stopwatch()

    @field_validator("act")
    @classmethod
    def _known(cls, act: str) -> str:
        known = (RESYNTHESIS, *ACTS)
        if act not in known:
            raise ValueError(str(UnknownName("act", act, known)))
        return act

    @field_validator("models", "metrics")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(names))

    def choices(self, wanted: Counts | None = None) -> list[Choice]:
        """The settings that run, with `wanted` at these numbers of codebooks. A glob names codecs where they are asked
        something, else codec language models; the others have no part in the task unless they are named."""
        return choose.settings(self.models, wanted, CodecPlugin if self.act == RESYNTHESIS else LMPlugin)

    def clips_for(self, score: str, clips: Sequence[Clip]) -> list[Clip]:
        """The clips of the selection that a score is taken on: all, those timed, or the first few."""
        if registry.metric(score)[0].place == "timing":
            return self.timing.choose(clips)
        return list(clips)[: self.metric_clips.get(score)]

    def too_long(self, seconds: float) -> ClipError | None:
        """What is wrong with a clip of that length, if it is too long."""
        if seconds <= self.max_clip_seconds:
            return None
        return ClipError(
            TOO_LONG,
            f"{seconds:.1f} s are more than --max-clip-seconds {self.max_clip_seconds:g}: raise it where there is "
            "memory for a clip as a whole",
        )

    def resources(self, resources: Resources) -> Resources:
        """What metrics of this task are opened with."""
        return replace(resources, evaluators=self.evaluators)

    @property
    def output_hash(self) -> str:
        """Hash of all that decides what a model is given; neither the selection nor the metrics do."""
        return digest(self.version, self.act, self.sample_rate, self.mono, self.seed)


def load(name: str) -> Task:
    """The task of that name or path. Raises `ContentError` with the first thing that is wrong with it."""
    return validated(Task, name, content.load("tasks", name))


def validated(kind: type[P], name: str, data: Any) -> P:
    """What is in the file of that name or path. Raises `ContentError` with the first thing that is wrong with it."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ContentError(f"{content.path('tasks', name)}: {place}: {first['msg']}") from error


def check_names(task: Task) -> None:
    """Raises `UnknownName` for a metric, model, dataset or evaluator that nobody answers to."""
    for name in (*task.metrics, *task.metric_clips):
        registry.metric(name)
    check_roles(task.evaluators)
    task.choices()
    registry.dataset(task.dataset)


def check_roles(evaluators: Mapping[str, str]) -> None:
    """Raises `UnknownName` for a role that no metric has a model in."""
    if evaluators:
        roles = {plugin.role for plugin in registry.every(MetricPlugin)[0] if plugin.role is not None}
        for role in evaluators.keys() - roles:
            raise UnknownName("evaluator", role, roles)


def digest(*parts: Any) -> str:
    """A short hash of JSON-able parts; what keys are made of."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _draw(seed: int | None, clip_id: str) -> str:
    """What a draw is ordered by: the SHA-256 of the seed, a zero byte and the id, in UTF-8."""
    return hashlib.sha256(f"{seed}\0{clip_id}".encode()).hexdigest()
