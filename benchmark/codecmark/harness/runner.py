"""A run: plan, fetch weights, time, score, keep everything, and hand back the tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol, cast

import pandas as pd

from codecmark.core import codebooks, registry
from codecmark.core.contracts import Dataset, Lane, LaneReport
from codecmark.core.errors import CodecmarkError, ContentError, DataError, UsageError
from codecmark.core.plugins import ExecutorPlugin
from codecmark.core.settings import Weights
from codecmark.harness import lacking, provenance, suite
from codecmark.harness.asked import asked
from codecmark.harness.devices import devices
from codecmark.harness.estimate import Estimate, Means, estimate
from codecmark.harness.lane import LaneWork, score_shards, time_models
from codecmark.harness.options import RunOptions, options_of, positive
from codecmark.harness.plan import Corpus, Plan, Planner, Shard
from codecmark.harness.task import Task, check_names
from codecmark.results.records import Status
from codecmark.results.store import Store
from codecmark.results.tables import Table, tables


class Progress(Protocol):
    """Who is told how a run goes."""

    def note(self, text: str) -> None:
        """Something worth a line."""

    def begin(self, wanted: int, total: int) -> None:
        """`wanted` of `total` cells are to be measured, the others are there already."""

    def step(self, report: LaneReport) -> None:
        """Some cells are on disk."""


class Silent:
    """Tells nobody."""

    def note(self, text: str) -> None: ...

    def begin(self, wanted: int, total: int) -> None: ...

    def step(self, report: LaneReport) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a run folder holds for the tasks of the run: their tables, and the cells of this plan that failed."""

    folder: Path
    tables: tuple[Table, ...]
    failures: pd.DataFrame

    @property
    def failed(self) -> int:
        return len(self.failures)


def run(*task_names: str, progress: Progress | None = None, **options: Any) -> Results:
    """Measures what the tasks want and the run folder does not hold yet; see `RunOptions` for the options.

    Raises a `CodecmarkError` when the request is wrong; what single clips do wrong is in the results.
    """
    return Run(task_names, options_of(options), progress or Silent()).execute()


class Run:
    """One invocation on one run folder."""

    def __init__(self, task_names: Sequence[str], options: RunOptions, progress: Progress) -> None:
        if not task_names:
            raise UsageError("name a task: see 'codecmark list tasks'")
        self._options = options
        self._progress = progress
        wanted = suite.wanted(task_names)
        self._tasks = _each_once(one.options(options).applied(one.task) for one in wanted)
        self._of_suites = {one.task.name for one in wanted if one.suite} - {
            one.task.name for one in wanted if not one.suite
        }
        self._asked = asked({one.task.name: one.typed for one in wanted}, wanted[0].options(options))
        for task in self._tasks:
            check_names(task)
        self._note_what_is_left_whole()
        self._devices = devices(options.device)
        self._resources = options.resources(self._devices[0])
        self._workers = positive("--workers", (os.cpu_count() or 1) if options.workers is None else options.workers)
        self._executor = cast(ExecutorPlugin, registry.get("executors", options.executor))
        out = options.out or Path("runs") / "+".join(dict.fromkeys(one.name for one in wanted))
        self.store = Store(Path(out))

    def _note_what_is_left_whole(self) -> None:
        """Says which codecs `codebooks` leaves as they are, though they have some."""
        if self._options.codebooks is None:
            return
        choices = [choice for task in self._tasks for choice in task.choices() if choice[1].streams]
        for why in dict.fromkeys(filter(None, map(codebooks.refusal, choices))):
            self._progress.note(f"--codebooks changes nothing about {why}")

    def plans(self) -> list[Plan]:
        """What is wanted, task by task; reads the corpora, writes nothing."""
        planner = Planner(self.store, self._resources, self._options.retry_failed)
        return [
            planner.plan(task, task.choices(), corpus) for task, corpus in zip(self._tasks, self._corpora, strict=True)
        ]

    def estimate(self, plans: Sequence[Plan]) -> Estimate:
        """What these plans will roughly take."""
        means = Means(devices=self._devices, workers=self._workers)
        return estimate(plans, self._missing_weights(), means, self.store)

    @cached_property
    def _corpora(self) -> list[Corpus]:
        """The clips of each task. Raises `DataError` for a corpus that is not here, before any is read; only a task of
        a suite does without."""
        for task in self._tasks:
            if task.name not in self._of_suites:
                self._open(task)
        return [self._corpus(task) for task in self._tasks]

    def _corpus(self, task: Task) -> Corpus:
        plugin, _ = registry.dataset(task.dataset)
        try:
            return Corpus(plugin, tuple(task.selection.apply(self._open(task).clips(), self._options.clips)))
        except DataError as error:
            if task.name not in self._of_suites:
                raise
            return Corpus(plugin, (), str(error))

    def _open(self, task: Task) -> Dataset:
        plugin, argument = registry.dataset(task.dataset)
        return plugin.open(argument, self._resources)

    def execute(self) -> Results:
        """Measures, and returns what the folder then holds for these tasks."""
        _ = self._corpora  # before anything is fetched or made: one may be missing
        with self.store.locked():
            before = self.store.card()
            if self._of_suites:
                for line in self.estimate(self.plans()).lines():
                    self._progress.note(line)
            for line in lacking.fetched(self._missing_weights(), self._resources):
                self._progress.note(line)
            plans = self.plans()
            session = provenance.session(self._resources, self._workers, self._tasks[0].seed, self._asked)
            card = before.merged(provenance.run_card(plans, self._resources, session))
            self.store.write_card(card)
            status = "failed"
            try:
                self._measure(plans)
                status = "complete"
            except KeyboardInterrupt:
                status = "interrupted"
                raise
            finally:
                self.store.write_card(card.closed(status, provenance.now()))
        return self._results(plans)

    def _missing_weights(self) -> list[Weights]:
        """What is to be fetched: nothing where the user says so."""
        if self._options.offline:
            return []
        wanted = [*lacking.of_models(self._tasks, self._resources)]
        for task in self._tasks:
            wanted += lacking.of_metrics(task.metrics, task.resources(self._resources))
        return wanted

    def _measure(self, plans: Sequence[Plan]) -> None:
        for plan in plans:
            self.store.append(list(plan.answered))
        wanted = sum(len(plan.wanted) for plan in plans)
        self._progress.begin(wanted, sum(plan.total for plan in plans))
        if wanted == 0:
            return
        shards = [shard for plan in plans for shard in plan.shards()]
        scored = {shard.task.name for shard in shards}
        timing = [shard for plan in plans if (shard := plan.timing()).units]
        # One lane: what others do at the same time on this machine would be timed too. Tasks that only time come last.
        self._lanes(time_models, [[shard for shard in timing if shard.task.name in scored]])
        self._lanes(score_shards, _dealt(shards, len(self._devices)))
        self._lanes(time_models, [[shard for shard in timing if shard.task.name not in scored]])

    def _lanes(self, act: Any, dealt: Sequence[Sequence[Shard]]) -> None:
        lanes = [
            Lane(index, self._devices[index], partial(act, self._work(index, shards, len(dealt))))
            for index, shards in enumerate(dealt)
            if shards
        ]
        if not lanes:
            return
        with closing(self._executor.open().run(lanes)) as reports:
            for report in reports:
                if report.error is not None:
                    raise CodecmarkError(report.error)
                self._progress.step(report)

    def _work(self, index: int, shards: Sequence[Shard], lanes: int) -> LaneWork:
        return LaneWork(
            index=index,
            shards=tuple(shards),
            store=self.store,
            resources=replace(self._resources, device=self._devices[index]),
            workers=max(1, self._workers // lanes),
        )

    def _results(self, plans: Sequence[Plan]) -> Results:
        latest = self.store.latest()
        names = {plan.task.name for plan in plans}
        here = pd.Series(False, index=latest.index)
        for plan in plans:
            here |= (
                (latest["task"] == plan.task.name)
                & latest["clip"].isin([clip.id for clip in plan.clips])
                & latest["setting"].isin([setting.id for _, setting in plan.choices])
                & latest["metric"].isin(plan.task.metrics)
            )
        return Results(
            folder=self.store.folder,
            tables=tuple(table for table in tables(self.store.card(), latest) if table.task in names),
            failures=latest[here & (latest["status"] == Status.FAILED)],
        )


def _each_once(tasks: Iterable[Task]) -> list[Task]:
    """Raises `ContentError` for two different tasks of one name: their records could not be told apart."""
    found: dict[str, Task] = {}
    for task in tasks:
        if found.setdefault(task.name, task) != task:
            raise ContentError(f"two tasks are called '{task.name}': rename one, or run them into two folders")
    return list(found.values())


def _dealt(shards: Sequence[Shard], lanes: int) -> list[list[Shard]]:
    """The shards over lanes, the largest first to whoever has least."""
    hands: list[list[Shard]] = [[] for _ in range(lanes)]
    for shard in sorted(shards, key=lambda shard: -shard.cells):
        min(hands, key=lambda hand: sum(held.cells for held in hand)).append(shard)
    return hands
