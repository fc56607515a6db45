"""The comparison table of a task: rows are settings, columns are scores, and every cell knows what it stands on."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from codecmark.core.settings import APART, WeightsState
from codecmark.results.card import Plain, RunCard
from codecmark.results.records import Status

UNTRUSTED = "not trusted"
"""How the reason begins where a metric has a meaning for the clip, but its estimate cannot be relied on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One aggregated score. `value` is None unless at least one clip was scored.

    `n_ok` of `n` clips were scored; `n` leaves out clips the metric does not apply to, but not those whose value could
    not be trusted. Where these outnumber the scored ones there is no value. `low` and `high` are the quartiles over
    clips, of timings over all runs. `state` is ok, partial, failed, not_applicable, unavailable or missing (not
    measured yet). `flagged` of the clips are to be read with care, most of them for what `flag` says.
    """

    state: str
    value: float | None = None
    n_ok: int = 0
    n: int = 0
    n_failed: int = 0
    low: float | None = None
    high: float | None = None
    reason: str = ""
    flagged: int = 0
    flag: str = ""

    def text(self, decimals: int) -> str:
        """The cell in print: the value, `n/N` behind it where it is not complete, or its state in words."""
        if self.value is not None:
            number = f"{self.value:.{decimals}f}"
            number = number.removeprefix("-") if float(number) == 0 else number
            return number if self.n_ok == self.n else f"{number} ({self.n_ok}/{self.n})"
        if self.state == "not_applicable":
            return "∞" if self.reason == "identical" else "untrusted" if self.reason.startswith(UNTRUSTED) else "n/a"
        return f"failed (0/{self.n})" if self.state == "failed" else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A score as a column: how it is titled and printed, which way is better (None: neither), if it is of quality."""

    name: str
    title: str
    unit: str
    decimals: int
    higher_is_better: bool | None
    quality: bool
    summary: str

    @property
    def arrow(self) -> str:
        """Which way is better, with a space before it."""
        return {True: " ↑", False: " ↓", None: ""}[self.higher_is_better]

    @property
    def heading(self) -> str:
        return f"{self.title}{self.arrow}" if not self.unit else f"{self.title} [{self.unit}]{self.arrow}"


def apart(setting: Plain) -> str:
    """Why a setting of a run card does not compete: its kind, or its random weights; nothing where it does."""
    kind = str(setting["card"]["kind"])
    random = setting["weights"]["state"] == WeightsState.RANDOM
    return ", ".join([kind] * (kind in APART) + ["random weights"] * random)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A setting as a row. `setting` is its description in the run card, `cells` are by score name."""

    setting: Plain
    cells: Mapping[str, Cell]

    @property
    def id(self) -> str:
        return str(self.setting["id"])

    @property
    def apart(self) -> str:
        """Why the row does not compete, in words; nothing where it does."""
        return apart(self.setting)

    @property
    def ranked(self) -> bool:
        return not self.apart

    @property
    def flags(self) -> tuple[str, ...]:
        """What its cells are flagged for."""
        return tuple(dict.fromkeys(cell.flag for cell in self.cells.values() if cell.flag))

    @property
    def kbps(self) -> float:
        """The counted bit rate, else the nominal one, else infinity: what rows are ordered by."""
        counted = self.cells["kbps"].value if "kbps" in self.cells else None
        nominal = self.setting["kbps"]
        return counted if counted is not None else nominal if nominal is not None else math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The comparison of one task, its rows by bit rate, those that do not compete last.

    `notes` are what must be read beside it (synthetic speech, random weights).
    """

    task: str
    title: str
    subtitle: str
    synthetic: bool
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def best(self, name: str) -> float | None:
        """The best value in a column among complete rows that compete, as printed."""
        column = next(column for column in self.columns if column.name == name)
        values = [
            round(cell.value, column.decimals)
            for cell in (row.cells[name] for row in self.rows if row.ranked)
            if cell.value is not None and cell.n_ok == cell.n
        ]
        if column.higher_is_better is None or len(values) < 2:
            return None
        return max(values) if column.higher_is_better else min(values)

    def is_best(self, row: Row, name: str) -> bool:
        column = next(column for column in self.columns if column.name == name)
        cell, best = row.cells[name], self.best(name)
        complete = row.ranked and cell.value is not None and cell.n_ok == cell.n
        return bool(complete and best is not None and round(cell.value or 0.0, column.decimals) == best)


def tables(card: RunCard, latest: pd.DataFrame) -> list[Table]:
    """One table per task of the run card, from the rows in force (`Store.latest`)."""
    return [_table(card, task, latest[latest["task"] == name]) for name, task in card.tasks.items()]


def _table(card: RunCard, task: Plain, rows: pd.DataFrame) -> Table:
    columns = tuple(_column(card.metrics[name]) for name in task["metrics"])
    wanted = {name: _clips(task, card.metrics[name]) for name in task["metrics"]}
    groups = _groups(rows)
    found = []
    for setting in task["settings"]:
        cells = {name: _cell(groups[setting, name], wanted[name], card.metrics[name]["aggregate"]) for name in wanted}
        if why := task.get("unavailable"):
            cells = dict.fromkeys(wanted, Cell(state=str(Status.UNAVAILABLE), reason=why))
        found.append(Row(setting=card.settings[setting], cells=cells))
    found.sort(key=lambda row: (not row.ranked, row.kbps, row.id))
    return Table(
        task=task["name"],
        title=task["title"],
        subtitle=_subtitle(task, {card.metrics[name]["place"] for name in task["metrics"]}),
        synthetic=bool(task["dataset"]["synthetic"]),
        columns=columns,
        rows=tuple(found),
        notes=tuple(_notes(task, found)),
    )


def _column(metric: Plain) -> Column:
    keys = ("name", "title", "unit", "decimals", "higher_is_better", "quality", "summary")
    return Column(**{key: metric[key] for key in keys})


def _clips(task: Plain, metric: Plain) -> frozenset[str]:
    return frozenset(task["metric_clips"].get(metric["name"]) or (clip["id"] for clip in task["clips"]))


class _Answer(NamedTuple):
    """What a cell needs of a row; plain tuples, for thousands of small frames would be slow."""

    clip: str
    status: str
    value: float
    weight: float
    reason: str
    flag: str
    detail: str


def _groups(rows: pd.DataFrame) -> Mapping[tuple[str, str], list[_Answer]]:
    """The rows by setting and metric."""
    found: dict[tuple[str, str], list[_Answer]] = defaultdict(list)
    columns = rows[["setting", "metric", *_Answer._fields]]
    for setting, metric, *answer in columns.itertuples(index=False, name=None):
        found[setting, metric].append(_Answer(*answer))
    return found


def _cell(group: list[_Answer], clips: frozenset[str], aggregate: str) -> Cell:
    group = [answer for answer in group if answer.clip in clips]
    if not group:
        return Cell(state="missing", n=len(clips), reason="not measured yet")
    by_status = Counter(answer.status for answer in group)
    ok = [answer for answer in group if answer.status == Status.OK]
    others = [answer for answer in group if answer.status != Status.OK]
    doubted = [one for one in others if one.status == Status.NOT_APPLICABLE and one.reason.startswith(UNTRUSTED)]
    flags = [answer.flag for answer in group if answer.flag]
    n = len(clips) - by_status[Status.NOT_APPLICABLE] + len(doubted)
    common: dict[str, Any] = {
        "n": n,
        "n_ok": len(ok),
        "n_failed": by_status[Status.FAILED],
        "reason": _most_common(answer.reason for answer in others),
        "flagged": len(flags),
        "flag": _most_common(flags),
    }
    if len(doubted) > len(ok):
        reason = _most_common(answer.reason for answer in doubted)
        return Cell(state=str(Status.NOT_APPLICABLE), **{**common, "reason": reason})
    if not ok:
        state = next((s for s in (Status.FAILED, Status.UNAVAILABLE, Status.NOT_APPLICABLE) if by_status[s]), "missing")
        return Cell(state=str(state), **common)
    return Cell(state="ok" if len(ok) == n else "partial", **_aggregated(ok, aggregate), **common)


def _aggregated(ok: list[_Answer], aggregate: str) -> dict[str, Any]:
    """Value and quartiles over the scored clips."""
    values = [run for one in ok for run in _runs(one)] if aggregate == "median" else [one.value for one in ok]
    weights = np.array([one.weight for one in ok])
    total = weights.sum()
    value = np.median(values) if aggregate == "median" or total == 0 else float(values @ weights) / total
    low, high = np.quantile(values, [0.25, 0.75])
    return {"value": float(value), "low": float(low), "high": float(high)}


def _runs(answer: _Answer) -> list[float]:
    """The value of a clip; of one that was run several times, those of all its runs."""
    runs: list[float] = json.loads(answer.detail).get("runs", [answer.value])
    return runs


def _most_common(texts: Iterable[str]) -> str:
    """The first by the alphabet of those that are most common; nothing where there are none."""
    counts = Counter(texts)
    return max(sorted(counts), key=lambda text: counts[text], default="")


def _subtitle(task: Plain, places: Collection[str]) -> str:
    """On what the task was measured, and how; `places` are those of its metrics."""
    title = task["dataset"]["title"]
    if not task["clips"]:
        return f"{title}: not measured, {task.get('unavailable') or 'no clips'}"
    clips = _measured_on(task)
    seconds = sum(clip["seconds"] for clip in clips)
    speakers = {clip["speaker"] for clip in clips if clip["speaker"]}
    voices = f", {len(speakers)} speaker{'s' * (len(speakers) > 1)}" if speakers else ""
    how = [f"scored at {task['rate']} Hz"]
    if clip_seconds := task.get("timing", {}).get("clip_seconds"):
        how = [*(how if set(places) - {"timing"} else []), f"timed at a length of {clip_seconds:g} s"]
    return f"{title}: {len(clips)} clip{'s' * (len(clips) != 1)}, {seconds:.0f} s{voices}; {', '.join(how)}"


def _measured_on(task: Plain) -> list[Plain]:
    """The clips that at least one score is taken on."""
    some = [set(task["metric_clips"][name]) for name in task["metrics"] if name in task["metric_clips"]]
    if not some or len(some) < len(task["metrics"]):
        return list(task["clips"])
    return [clip for clip in task["clips"] if clip["id"] in set().union(*some)]


def _notes(task: Plain, rows: Iterable[Row]) -> Iterable[str]:
    rows = list(rows)
    cells = [cell for row in rows for cell in row.cells.values()]
    if task["dataset"]["synthetic"]:
        yield "Synthetic material: good for trying things out, not for judging codecs."
    if any(row.setting["weights"]["state"] == WeightsState.RANDOM for row in rows):
        yield "Rows marked 'random weights' have made-up ones: they are timed, never scored or ranked."
    for reason in sorted({cell.reason for cell in cells if cell.state == Status.UNAVAILABLE}):
        yield f"unavailable: {reason}"
    if failed := sum(cell.n_failed for cell in cells):
        yield f"{failed} scores failed and are left out of the means; n/N stands beside what is incomplete."
    for row in rows:
        yield from (f"{row.setting['title']} is flagged: {flag}" for flag in row.flags)
