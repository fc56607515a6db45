"""What may be asked of a run beside its tasks, and what that makes of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from codecmark.core import choose, codebooks
from codecmark.core.errors import UsageError
from codecmark.core.resources import Resources, root_folder
from codecmark.harness.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What may be asked of a run; None leaves it to the task. Lists may be given as one comma-separated string.

    `codecs` are models, settings, survey ids or globs; `codebooks` are numbers of codebooks, or `all`, at each of which
    those that have some are run; `out` defaults to runs/TASK in the working folder;
    `trust_pickle` names weights whose pickle files may run code when they are read; `evaluators` are models that
    metrics use, by role, beside or instead of the task's; `clips` are those of the selection that are wanted, by id.
    """

    codecs: str | Sequence[str] | None = None
    codebooks: str | int | Sequence[int] | None = None
    metrics: str | Sequence[str] | None = None
    dataset: str | None = None
    data_root: str | Path | None = None
    weights_root: str | Path | None = None
    limit: int | None = None
    clips: Sequence[str] | None = None
    device: str = "auto"
    workers: int | None = None
    batch_size: int | None = None
    max_clip_seconds: float | None = None
    out: str | Path | None = None
    keep_audio: bool = False
    offline: bool = False
    random_weights: bool = False
    trust_pickle: str | Sequence[str] | None = None
    evaluators: Mapping[str, str] | None = None
    retry_failed: bool = False
    executor: str = "local"

    def applied(self, task: Task) -> Task:
        """The task with what the options say instead. Raises `UsageError` for a value out of range."""
        selection = task.selection
        if self.limit is not None:
            selection = selection.model_copy(update={"limit": positive("--limit", self.limit)})
        changes: dict[str, Any] = {
            "selection": selection,
            "models": self._models(task.model_copy(update={"models": choose.words(self.codecs) or task.models})),
            "metrics": choose.words(self.metrics),
            "dataset": self.dataset,
            "keep_audio": self.keep_audio,
            "evaluators": {**task.evaluators, **(self.evaluators or {})},
            "batch_size": None if self.batch_size is None else positive("--batch-size", self.batch_size),
            "max_clip_seconds": self._max_clip_seconds(),
        }
        return task.model_copy(update={key: value for key, value in changes.items() if value})

    def _max_clip_seconds(self) -> float | None:
        if self.max_clip_seconds is not None and not self.max_clip_seconds > 0:
            raise UsageError(f"--max-clip-seconds {self.max_clip_seconds:g}: give a number above 0")
        return self.max_clip_seconds

    def _models(self, task: Task) -> tuple[str, ...]:
        if self.codebooks is None:
            return task.models
        return tuple(setting.id for _, setting in task.choices(codebooks.counts(self.codebooks)))

    def resources(self, device: str) -> Resources:
        """Where plug-ins find things. Raises `UsageError` for a root that is not a folder."""
        return Resources(
            device=device,
            weights_root=root_folder("--weights-root", self.weights_root),
            data_root=root_folder("--data-root", self.data_root),
            offline=self.offline,
            random_weights=self.random_weights,
            trusted_pickles=frozenset(choose.words(self.trust_pickle) or ()),
        )


def options_of(given: dict[str, Any]) -> RunOptions:
    """Options given by name. Raises `UsageError` for a name there is not."""
    known = [field.name for field in fields(RunOptions)]
    for name in given:
        if name not in known:
            raise UsageError(f"run has no option '{name}': it has {', '.join(known)}")
    return RunOptions(**given)


def positive(option: str, value: int) -> int:
    """The value. Raises `UsageError` naming the option for one below 1."""
    if value < 1:
        raise UsageError(f"{option} {value}: give a whole number from 1")
    return value
