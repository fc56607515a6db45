"""A lane: one device working through its shards in order, writing what it measured as it goes."""

from __future__ import annotations

import queue
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from codecmark.core import choose, registry
from codecmark.core.audio import Audio
from codecmark.core.contracts import LaneReport, Reports
from codecmark.core.errors import StoreError, WeightsMissing
from codecmark.core.items import Output
from codecmark.core.plugins import ModelPlugin
from codecmark.core.resources import Resources
from codecmark.core.scores import Answer, Failure, Unavailable
from codecmark.core.settings import Setting
from codecmark.harness import memory
from codecmark.harness.grade import Grader, Metrics, failure
from codecmark.harness.largest_batch import time_largest
from codecmark.harness.plan import Shard, Unit
from codecmark.harness.references import References
from codecmark.harness.stopwatch import timer
from codecmark.harness.synthesize import Made, Model, batches, open_model, synthesize
from codecmark.harness.task import Task
from codecmark.harness.workers import Done, Job, Workers
from codecmark.results.records import Record, Status
from codecmark.results.store import REFERENCE, Store

OPEN_PARAMETERS = 1_000_000_000
"""How many parameters may stay open at once; models used longest ago are dropped first."""

Refusal = Failure | Unavailable
"""Why there is no output: something went wrong, or the model's weights are not here and cannot be made up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneWork:
    """What a lane is told; it can be pickled."""

    index: int
    shards: tuple[Shard, ...]
    store: Store
    resources: Resources
    workers: int


def time_models(work: LaneWork) -> Reports:
    """The timing pass: every setting of the shards, its clips one at a time, while nothing else runs."""
    lane = _Lane(work)
    for shard in work.shards:
        references = References(shard.task, shard.clips)
        for unit in shard.units:
            lane.close_models()  # so that the memory of one is not counted for another
            yield lane.timed(unit, shard, references)
    lane.close_models()  # lanes in other processes want the memory of this device next


def score_shards(work: LaneWork) -> Reports:
    """Synthesizes and scores every unit; reports each once it is on disk."""
    lane = _Lane(work)
    with Workers(work.workers) as workers:
        scoring = _Scoring(lane, workers)
        for index, shard in enumerate(work.shards):
            scoring.begin(index, shard.task)
            references = References(shard.task, shard.clips)
            if shard.task.keep_audio:
                for clip_id in references.items:
                    path = work.store.audio_path(shard.task.name, REFERENCE, clip_id)
                    keep_audio(path, references.at(clip_id, shard.task.sample_rate))
            for unit in shard.units:
                yield from scoring.unit(unit, shard, references)
        yield from scoring.rest()


class _Lane:
    """What both passes share: open models, and the store."""

    def __init__(self, work: LaneWork) -> None:
        self.work = work
        self._models: OrderedDict[tuple[str, str], tuple[Model, int]] = OrderedDict()
        self._grader = Grader(resources=work.resources)

    def model(self, setting_id: str, task: Task) -> tuple[ModelPlugin, Setting, Model | Refusal]:
        """The model of a setting, opened once and kept while there is room; or why there is none."""
        plugin, setting = choose.setting(setting_id)
        key = (setting_id, task.name)
        if key not in self._models:
            try:
                model = open_model(plugin, setting, task, self.work.resources)
            except WeightsMissing as error:
                return plugin, setting, Unavailable(str(error))
            except Exception as error:  # noqa: BLE001 - foreign code; its setting fails, the run goes on
                return plugin, setting, failure("open", error)
            self._models[key] = model, plugin.card.params or 0
            while len(self._models) > 1 and sum(size for _, size in self._models.values()) > OPEN_PARAMETERS:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return plugin, setting, self._models[key][0]

    def close_models(self) -> None:
        """Lets go of every open model."""
        self._models.clear()
        memory.give_back()

    def timed(self, unit: Unit, shard: Shard, references: References) -> LaneReport:
        records: list[Record] = []
        for clip_id, cells in by_clip(unit.cells).items():
            answers = self._timed_answers(self._timed(clip_id, unit, shard.task, references), cells, references)
            records += [cell.answered(answers[cell.metric]) for cell in cells]
        return self.keep(records, f"timed {unit.setting}")

    def _timed(self, clip_id: str, unit: Unit, task: Task, references: References) -> Output | Refusal:
        if (unreadable := references.unreadable.get(clip_id)) is not None:
            return unreadable
        plugin, _, model = self.model(unit.setting, task)
        if isinstance(model, Refusal):
            return model
        try:
            clock = timer(model, clip_id, references, task.timing, self.work.resources.device)
            one = clock.time(1)
            largest = time_largest(clock, plugin.card, one) if task.timing.max_batch > 1 else None
            return Output(id=clip_id, timing=one, batch_timing=largest)
        except Exception as error:  # noqa: BLE001 - foreign code; its clip fails, the run goes on
            return failure("time", error)

    def _timed_answers(
        self, made: Output | Refusal, cells: Sequence[Record], references: References
    ) -> Mapping[str, Answer]:
        if isinstance(made, Refusal):
            return {cell.metric: made for cell in cells}
        answers: dict[str, Answer] = {}
        for metric, names in registry.by_metric(cell.metric for cell in cells).items():
            answers |= self._grader.grade(metric.name, names, [(references.items[made.id], made)])[0]
        return answers

    def keep(self, records: list[Record], what: str) -> LaneReport:
        """Puts records on disk and says so."""
        self.work.store.append(records)
        failed = sum(record.status == Status.FAILED for record in records)
        return LaneReport(lane=self.work.index, what=what, done=len(records), failed=failed)


@dataclass(slots=True)
class _Group:
    """The cells of a unit on their way: those answered, and the clips still with a worker."""

    unit: Unit
    cells: dict[str, list[Record]]
    records: list[Record]
    waiting: int = 0


class _Scoring:
    """Sends the outputs of units to metrics here and in workers, and keeps each unit when its last answer is in."""

    def __init__(self, lane: _Lane, workers: Workers) -> None:
        self._lane = lane
        self._workers = workers
        self._metrics: Metrics = {}
        self._groups: dict[int, _Group] = {}
        self._count = 0
        self._shard = 0
        self._evaluators: Mapping[str, str] = {}
        self._grader = Grader(self._metrics, lane.work.resources)

    def begin(self, shard: int, task: Task) -> None:
        """Drops the reference halves of the shard before, and at a new task its evaluators."""
        self._workers.forget(self._shard)
        resources = task.resources(self._lane.work.resources)
        if task.evaluators != self._evaluators:
            self._metrics, self._evaluators = {}, task.evaluators
        self._shard, self._grader = shard, Grader(self._metrics, resources)

    def unit(self, unit: Unit, shard: Shard, references: References) -> Iterator[LaneReport]:
        """Makes and scores the outputs of a unit; yields reports of whatever became complete meanwhile."""
        number, group = self._count, _Group(unit, by_clip(unit.cells), [])
        self._groups[number] = group
        self._count += 1
        group.waiting += 1  # holds the group open until all its outputs are made and scored here
        outputs: list[Output] = []
        for clip_id, made in self._outputs(unit, shard, references):
            if isinstance(made, Refusal):
                group.records += [cell.answered(made) for cell in group.cells[clip_id]]
                continue
            group.cells[clip_id] = [self._marked(cell, made, unit) for cell in group.cells[clip_id]]
            if shard.task.keep_audio and made.native is not None:
                path = self._lane.work.store.audio_path(shard.task.name, unit.setting, clip_id)
                keep_audio(path, made.native)
            self._send(number, group, made.output, references)
            outputs.append(made.output)
            yield from self._arrived(block=False)
        self._score_here(group, outputs, references)
        group.waiting -= 1
        yield from self._finish(number)

    def rest(self) -> Iterator[LaneReport]:
        """Waits for what is still with the workers."""
        while self._groups:
            yield from self._arrived(block=True)

    def _outputs(self, unit: Unit, shard: Shard, references: References) -> Iterator[tuple[str, Made | Refusal]]:
        clips = [clip.id for clip in shard.clips if clip.id in self._groups[self._count - 1].cells]
        yield from ((clip, references.unreadable[clip]) for clip in clips if clip in references.unreadable)
        readable = [clip for clip in clips if clip in references.items]
        if not readable:
            return
        plugin, _, model = self._lane.model(unit.setting, shard.task)
        if isinstance(model, Refusal):
            yield from ((clip, model) for clip in readable)
            return
        lengths = {clip: references.at(clip, model.rate()).num_samples for clip in readable}
        yield from synthesize(model, batches(plugin, lengths, shard.task.batch_size), references)

    def _marked(self, cell: Record, made: Made, unit: Unit) -> Record:
        before = unit.made_before.get(cell.output_key)
        flag = "output differs from the one scored before" if before not in (None, made.sha256) else ""
        return replace(cell, output_sha256=made.sha256, flag=flag)

    def _send(self, number: int, group: _Group, output: Output, references: References) -> None:
        """Hands an output to a worker, for the metrics that run in one."""
        names = registry.by_metric(cell.metric for cell in group.cells[output.id])
        wanted = {metric.name: some for metric, some in names.items() if metric.place == "worker"}
        if wanted:
            group.waiting += 1
            lean, item = replace(output, encoded=None), references.items[output.id]
            self._workers.submit(Job(group=number, shard=self._shard, item=item, output=lean, wanted=wanted))

    def _score_here(self, group: _Group, outputs: Sequence[Output], references: References) -> None:
        """Scores the outputs of a unit together, by the metrics that run beside the model."""
        batches: dict[tuple[str, tuple[str, ...]], list[Output]] = defaultdict(list)
        for output in outputs:
            for metric, names in registry.by_metric(cell.metric for cell in group.cells[output.id]).items():
                if metric.place == "device":
                    batches[metric.name, names].append(output)
        for (metric_name, names), batch in batches.items():
            pairs = [(references.items[output.id], output) for output in batch]
            for output, answers in zip(batch, self._grader.grade(metric_name, names, pairs), strict=True):
                self._answer(group, output.id, answers)

    def _answer(self, group: _Group, clip_id: str, answers: Mapping[str, Answer]) -> None:
        cells = [cell for cell in group.cells[clip_id] if cell.metric in answers]
        group.records += [cell.answered(answers[cell.metric]) for cell in cells]

    def _arrived(self, block: bool) -> Iterator[LaneReport]:
        while True:
            try:
                done: Done | None = self._workers.done.get(block=block)
            except queue.Empty:
                return
            if done is None:
                raise StoreError("a scoring thread broke down: run the same command again with --debug and report it")
            group = self._groups[done.group]
            self._answer(group, done.id, done.answers)
            group.waiting -= 1
            yield from self._finish(done.group)
            block = False

    def _finish(self, number: int) -> Iterator[LaneReport]:
        group = self._groups[number]
        if group.waiting == 0:
            del self._groups[number]
            yield self._lane.keep(group.records, f"scored {group.unit.setting}")


def keep_audio(path: Path, audio: Audio) -> None:
    """Puts audio into the run folder, whole or not at all. Raises `StoreError` when it cannot be written."""
    part = path.with_name(f".{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        audio.write(part, "PCM_24")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        why = error.strerror or error
        raise StoreError(f"cannot write {path}: {why}; make room, or run again without --keep-audio") from error


def by_clip(cells: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for cell in cells:
        found[cell.clip].append(cell)
    return dict(found)
