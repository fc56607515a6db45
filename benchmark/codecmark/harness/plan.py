"""The plan of a run: the cells that are wanted, minus those the store holds, in shards and units of work.

A cell is a blank `Record`. It is present when the store has an answer under the same two keys:
`output_key` (setting, weights, adapter version, dtype, device kind, task, clip) and
`metric_key` (definition version, the packages that define the number, the resampler).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from codecmark.core import registry
from codecmark.core.audio import RESAMPLER
from codecmark.core.errors import WeightsMissing
from codecmark.core.items import Clip
from codecmark.core.plugins import Choice, DatasetPlugin, MetricPlugin, ModelPlugin, ScoreSpec
from codecmark.core.resources import Resources
from codecmark.core.scores import Answer, Failure, NotApplicable, Unavailable
from codecmark.core.settings import WeightsState
from codecmark.harness.grade import failure
from codecmark.harness.task import TOO_LONG, Task, digest
from codecmark.results.records import Record, Status
from codecmark.results.store import IDENTITY, Store

SHARD_CLIPS = 64
DTYPE = "float32"

Identity = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """The cells of one setting in one shard. `made_before` has the sample hash of outputs that were scored already."""

    setting: str
    cells: tuple[Record, ...]
    made_before: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shard:
    """Some clips of a task, longest first, and the units that want them."""

    task: Task
    clips: tuple[Clip, ...]
    units: tuple[Unit, ...]

    @property
    def cells(self) -> int:
        return sum(len(unit.cells) for unit in self.units)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The clips that a task selects of its dataset; or none, and `lacking` says why."""

    dataset: DatasetPlugin
    clips: tuple[Clip, ...]
    lacking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one task still wants. `answered` cells need no work, their answer is known: not applicable, unavailable."""

    task: Task
    corpus: Corpus
    choices: tuple[Choice, ...]
    total: int
    wanted: tuple[Record, ...]
    answered: tuple[Record, ...]
    made_before: Mapping[str, str]

    @property
    def clips(self) -> tuple[Clip, ...]:
        return self.corpus.clips

    def shards(self) -> list[Shard]:
        """The wanted cells by shard and setting, timing left out; a task whose cells are all present has none."""
        cells = self._by_clip(timing=False)
        ranked = sorted((clip for clip in self.clips if clip.id in cells), key=lambda clip: (-clip.seconds, clip.id))
        pieces = [ranked[start : start + SHARD_CLIPS] for start in range(0, len(ranked), SHARD_CLIPS)]
        return [self._shard(piece, cells) for piece in pieces]

    def timing(self) -> Shard:
        """The cells of the timing pass."""
        cells = self._by_clip(timing=True)
        return self._shard([clip for clip in self.clips if clip.id in cells], cells)

    def _by_clip(self, timing: bool) -> dict[str, list[Record]]:
        names = {name for name in self.task.metrics if (registry.metric(name)[0].place == "timing") == timing}
        cells: dict[str, list[Record]] = defaultdict(list)
        for cell in self.wanted:
            if cell.metric in names:
                cells[cell.clip].append(cell)
        return cells

    def _shard(self, clips: Sequence[Clip], cells: Mapping[str, Sequence[Record]]) -> Shard:
        by_setting: dict[str, list[Record]] = defaultdict(list)
        for clip in clips:
            for cell in cells[clip.id]:
                by_setting[cell.setting].append(cell)
        units = [
            Unit(setting.id, tuple(by_setting[setting.id]), self._before(by_setting[setting.id]))
            for _, setting in self.choices
            if setting.id in by_setting
        ]
        return Shard(self.task, tuple(clips), tuple(units))

    def _before(self, cells: Sequence[Record]) -> dict[str, str]:
        keys = {cell.output_key for cell in cells}
        return {key: self.made_before[key] for key in keys if key in self.made_before}


class Planner:
    """Works out plans against what a store holds, under the resources of this run."""

    def __init__(self, store: Store, resources: Resources, retry_failed: bool) -> None:
        self._resources = resources
        self._retry_failed = retry_failed
        rows = store.table().to_pylist()
        self._held: dict[Identity, Record] = {}
        for row in rows:
            record = Record(**row)
            key = _identity(record)
            if key not in self._held or self._held[key].attempt <= record.attempt:
                self._held[key] = record
        self._made_before = {
            record.output_key: record.output_sha256 for record in self._held.values() if record.output_sha256
        }

    def plan(self, task: Task, choices: Sequence[Choice], corpus: Corpus) -> Plan:
        """The plan of a task for these settings and clips."""
        blanks = list(self._blanks(task, choices, corpus.clips))
        known = {id(cell): answer for cell, answer in blanks if answer is not None}
        missing = [cell for cell, _ in blanks if not self._present(cell)]
        answered = [cell.answered(known[id(cell)]) for cell in missing if id(cell) in known]
        return Plan(
            task=task,
            corpus=corpus,
            choices=tuple(choices),
            total=len(blanks),
            wanted=tuple(self._next(cell) for cell in missing if id(cell) not in known),
            answered=tuple(self._next(cell) for cell in answered if not self._repeats(cell)),
            made_before=self._made_before,
        )

    def _blanks(
        self, task: Task, choices: Sequence[Choice], clips: Sequence[Clip]
    ) -> Iterable[tuple[Record, Answer | None]]:
        metrics = [registry.metric(name) for name in task.metrics]
        keyed = [self._metric_key(task, plugin) for plugin, _ in metrics]
        taken_on = [task.clips_for(name, clips) for name in task.metrics]
        for choice in choices:
            output_key = self._output_keys(task, choice)
            keys = {clip.id: output_key(clip) for clip in clips}
            state = self._resources.state(choice[0].weights(choice[1]))
            for (plugin, spec), (key, lacking), its_clips in zip(metrics, keyed, taken_on, strict=True):
                without_clip = self._known(task, choice, plugin) or lacking or _known_of_waveform(spec, choice)
                for clip in its_clips:
                    blank = Record(
                        task=task.name,
                        setting=choice[1].id,
                        clip=clip.id,
                        metric=spec.name,
                        status=Status.UNAVAILABLE,
                        output_key=keys[clip.id],
                        metric_key=key,
                        weights=str(state),
                    )
                    yield blank, without_clip or _known_of_clip(task, spec, clip)

    def _output_keys(self, task: Task, choice: Choice) -> Callable[[Clip], str]:
        plugin, setting = choice
        described = asdict(setting)
        if not described["is_prefix"]:
            del described["is_prefix"]  # a declared setting keeps the key it had before there were others
        fixed = digest(
            described,
            self._resources.fingerprint(plugin.weights(setting)),
            _implementation(plugin),
            DTYPE,
            self._resources.device.partition(":")[0],
            task.output_hash,
        )
        return lambda clip: digest(fixed, clip.sha256)

    def _metric_key(self, task: Task, plugin: MetricPlugin) -> tuple[str, Unavailable | None]:
        """What a score of this metric depends on beside the output; and what it lacks, if its evaluator is not here."""
        evaluator, lacking = "", None
        if plugin.evaluator is not None:
            try:
                evaluator = plugin.evaluator(task.resources(self._resources))
            except WeightsMissing as error:
                evaluator, lacking = "missing", Unavailable(str(error))
        timing = task.timing.key if plugin.place == "timing" else ()
        key = digest(plugin.name, plugin.version, registry.versions(plugin.packages), RESAMPLER, evaluator, *timing)
        return key, lacking

    def _known(self, task: Task, choice: Choice, metric: MetricPlugin) -> NotApplicable | Unavailable | None:
        plugin, setting = choice
        weights = plugin.weights(setting)
        state = self._resources.state(weights)
        if refusal := plugin.refusal(task.act):
            return refusal
        if state is WeightsState.RANDOM and metric.quality:
            return NotApplicable("random weights are timed, never scored")
        if plugin.environment is not None and (lacking := plugin.environment.lacking()):
            return Unavailable(lacking)
        if state is WeightsState.MISSING and weights is not None:
            return Unavailable(f"weights '{weights.name}' are missing (codecmark download {weights.name})")
        return None

    def _present(self, cell: Record) -> bool:
        held = self._held.get(_identity(cell))
        if held is None or (held.output_key, held.metric_key) != (cell.output_key, cell.metric_key):
            return False
        if held.status == Status.FAILED:  # what was too long may not be so any more: that is known without trying
            return not self._retry_failed and held.kind != TOO_LONG
        return held.status in (Status.OK, Status.NOT_APPLICABLE)

    def _repeats(self, cell: Record) -> bool:
        held = self._held.get(_identity(cell))
        return held is not None and (held.status, held.reason) == (cell.status, cell.reason)

    def _next(self, cell: Record) -> Record:
        held = self._held.get(_identity(cell))
        return cell if held is None else replace(cell, attempt=held.attempt + 1)


def _implementation(plugin: ModelPlugin) -> str:
    """The adapter's version, and what the interpreter of its own is made from, where it has one."""
    return plugin.version if plugin.environment is None else f"{plugin.version} {plugin.environment.recipe()}"


def _known_of_waveform(spec: ScoreSpec, choice: Choice) -> NotApplicable | None:
    card = choice[0].card
    means_something = card.keeps_waveform or not spec.of_waveform
    return None if means_something else NotApplicable(f"not trusted: {card.title} keeps no waveform")


def _known_of_clip(task: Task, spec: ScoreSpec, clip: Clip) -> Failure | NotApplicable | None:
    if clip.domain not in spec.domains:
        return NotApplicable(f"{spec.title} has no meaning for {clip.domain}")
    error = task.too_long(clip.seconds)
    return None if error is None else failure("read", error)


def _identity(record: Record) -> Identity:
    return tuple(getattr(record, name) for name in IDENTITY)
