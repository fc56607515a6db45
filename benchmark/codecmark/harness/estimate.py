"""What a run will roughly take, before it starts: time, downloads, disk. Rules of thumb, not promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from codecmark.core import registry
from codecmark.core.plugins import Choice
from codecmark.core.settings import Weights
from codecmark.harness.plan import Plan
from codecmark.results.records import Record, Status
from codecmark.results.store import Store

PARAMETER_RTF = 1e-8
"""Seconds of a core for each parameter of a network to encode and decode a second of audio; EnCodec takes 0.15."""
OTHER_RTF = {"lm": 5.0, "neural": 0.1}
"""Where a card does not say how many there are, by kind; any other kind takes `CLASSICAL_RTF`."""
CLASSICAL_RTF = 0.05
DEVICE_GAIN = 50.0
"""How many times as fast as a core a GPU is taken to be."""
BATCH_SECONDS = 5.0
"""How long one run of the largest batch is taken to be on a GPU."""
CELL_BYTES, FILE_BYTES, SAMPLE_BYTES = 120, 6000, 2.0
"""Of a record, of a file of records, of a kept sample (FLAC of 24 bits)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a run has to work with: its devices, one for each lane, and scoring processes."""

    devices: Sequence[str]
    workers: int

    def gain(self, on_device: bool) -> float:
        """How many times as fast as a core a lane is."""
        return DEVICE_GAIN if on_device and self.devices[0] != "cpu" else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Seconds of work, bytes on disk, weights to fetch, and the tasks that lack their corpus, each with why."""

    seconds: float
    disk_bytes: float
    downloads: tuple[Weights, ...]
    unavailable: Mapping[str, str]

    def lines(self) -> Iterator[str]:
        """For people, a line each."""
        yield f"time      roughly {_duration(self.seconds)}, by rules of thumb; what is left is shown as it runs"
        known = {one.name: sum(file.size or 0 for file in one.files) for one in self.downloads if not _unknown(one)}
        yield f"download  {_size(sum(known.values()))} of weights: {', '.join(known) or 'none'}"
        if unknown := [one.name for one in self.downloads if _unknown(one)]:
            yield f"          and, of unknown size: {', '.join(unknown)}"
        yield f"disk      roughly {_size(self.disk_bytes)} for records and audio"
        for task, why in self.unavailable.items():
            yield f"MISSING   {task} will not be measured: {why}"


def estimate(plans: Sequence[Plan], downloads: Iterable[Weights], means: Means, store: Store) -> Estimate:
    """For plans; what waits for a download counts as work. Settings that `store` has timed are taken at that speed."""
    fetched = tuple({weights.name: weights for weights in downloads}.values())
    timed = _timed(store)
    work = [_Work(plan, means, timed, bool(fetched)) for plan in plans]
    here = sum(one.device_seconds for one in work) / len(means.devices)
    beside = sum(one.worker_seconds for one in work) / means.workers
    return Estimate(
        seconds=sum(one.timing_seconds for one in work) + max(here, beside),
        disk_bytes=sum(one.disk_bytes for one in work),
        downloads=fetched,
        unavailable={plan.task.name: plan.corpus.lacking for plan in plans if plan.corpus.lacking},
    )


@dataclass(slots=True)
class _Work:
    """What one plan takes: in the lanes, beside them, in the timing pass, on disk."""

    plan: Plan
    means: Means
    timed: Mapping[str, float]
    with_downloads: bool
    device_seconds: float = 0.0
    worker_seconds: float = 0.0
    timing_seconds: float = 0.0
    disk_bytes: float = 0.0
    _seen: set[tuple[str, str, str]] = field(default_factory=set)
    _alone: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seconds = {clip.id: clip.seconds for clip in self.plan.clips}
        rtf = {choice[1].id: self._rtf(choice) for choice in self.plan.choices}
        self._alone = {setting.id: plugin.card.batching == "single" for plugin, setting in self.plan.choices}
        for cell in self._cells():
            metric = registry.metric(cell.metric)[0]
            if metric.place == "timing":
                self.timing_seconds += self._once(cell, "timing") * self._timing(cell, seconds[cell.clip], rtf)
                continue
            made = self._once(cell, "made")
            self.device_seconds += made * seconds[cell.clip] * rtf[cell.setting]
            if metric.place == "worker":
                self.worker_seconds += seconds[cell.clip] * metric.cost
            else:
                self.device_seconds += seconds[cell.clip] * metric.cost / self.means.gain(metric.evaluator is not None)
            self.disk_bytes += made * self.plan.task.keep_audio * seconds[cell.clip] * 16000 * SAMPLE_BYTES
        settings = {setting for _, setting, _ in self._seen}
        self.disk_bytes += CELL_BYTES * self.plan.total + FILE_BYTES * len(settings) * (1 + len(seconds) // 64)

    def _cells(self) -> Iterator[Record]:
        yield from self.plan.wanted
        if self.with_downloads:
            yield from (cell for cell in self.plan.answered if cell.status == Status.UNAVAILABLE)

    def _once(self, cell: Record, what: str) -> bool:
        """Whether this is the first cell of an output or of a timing."""
        key = (what, cell.setting, cell.clip)
        new = key not in self._seen
        self._seen.add(key)
        return new

    def _rtf(self, choice: Choice) -> float:
        plugin, setting = choice
        card = plugin.card
        rough = PARAMETER_RTF * card.params if card.params else OTHER_RTF.get(card.kind, CLASSICAL_RTF)
        return self.timed.get(setting.id, rough / self.means.gain(card.params is not None or card.kind == "lm"))

    def _timing(self, cell: Record, seconds: float, rtf: Mapping[str, float]) -> float:
        plan = self.plan.task.timing
        runs, length = plan.warm_up + plan.repeats, plan.clip_seconds or seconds
        alone = runs * length * rtf[cell.setting]
        if plan.max_batch == 1 or self._alone[cell.setting]:
            return alone
        together = (runs + 2) * (BATCH_SECONDS if self.means.gain(True) > 1 else alone / runs * plan.max_batch_cpu)
        return alone + together


def _timed(store: Store) -> dict[str, float]:
    """The real-time factor of encoding and decoding of the settings that a run folder has timed."""
    latest = store.latest()
    timed = latest[latest["metric"].isin(("encode_rtf", "decode_rtf")) & (latest["status"] == Status.OK)]
    medians = timed.groupby(["setting", "metric"])["value"].median()
    return {str(setting): float(total) for setting, total in medians.groupby("setting").sum().items()}


def _unknown(weights: Weights) -> bool:
    """Whether nobody says how large one of its files is."""
    return any(file.size is None for file in weights.files)


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _size(number: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number / 1e3:.0f} kB"
