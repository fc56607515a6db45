"""The scores of each clip under each setting, and which clips came out best and worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from codecmark.results.card import Plain, RunCard
from codecmark.results.records import Status
from codecmark.results.tables import Cell, Column

Key = tuple[str, str]
"""Task and setting."""
EXTREMES = 2
"""Clips shown from each end."""


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A clip as the run card describes it, and its cell for each score that was asked of it."""

    clip: Plain
    cells: Mapping[str, Cell]

    @property
    def id(self) -> str:
        return str(self.clip["id"])

    @property
    def flags(self) -> tuple[str, ...]:
        """What its scores are flagged for."""
        return tuple(dict.fromkeys(cell.flag for cell in self.cells.values() if cell.flag))


def by_setting(card: RunCard, latest: pd.DataFrame) -> dict[Key, list[ClipRow]]:
    """The clips of every task under every setting, in the order of the task; clips without an answer are left out."""
    found: dict[Key, dict[str, dict[str, Cell]]] = {}
    columns = ["task", "setting", "clip", "metric", "status", "value", "reason", "flag"]
    for task, setting, clip, metric, *answer in latest[columns].itertuples(index=False, name=None):
        found.setdefault((task, setting), {}).setdefault(clip, {})[metric] = _cell(*answer)
    clips = {name: {clip["id"]: clip for clip in task["clips"]} for name, task in card.tasks.items()}
    return {
        (task, setting): [ClipRow(clip, rows[id_]) for id_, clip in clips[task].items() if id_ in rows]
        for (task, setting), rows in found.items()
        if task in clips
    }


def _cell(status: str, value: float, reason: str, flag: str) -> Cell:
    ok = status == Status.OK
    value_of = value if ok else None
    return Cell(state=status, value=value_of, n_ok=int(ok), n=1, reason=reason, flagged=int(flag != ""), flag=flag)


def clip_text(cell: Cell | None, decimals: int) -> str:
    """The score of one clip in print, or its state in words; a dash where it was not asked for."""
    if cell is None:
        return "–"
    return "failed" if cell.state == Status.FAILED else cell.text(decimals)


@dataclass(frozen=True, slots=True)
class Extremes:
    """The clips at both ends of a score, the best and the worst first."""

    column: Column
    best: tuple[ClipRow, ...]
    worst: tuple[ClipRow, ...]


def extremes(rows: Sequence[ClipRow], columns: Sequence[Column]) -> Extremes | None:
    """By the first score of quality that tells at least two clips apart; None where there is none."""
    for column in columns:
        if not column.quality or column.higher_is_better is None:
            continue
        scored = [row for row in rows if column.name in row.cells and row.cells[column.name].value is not None]
        scored.sort(key=lambda row: _value(row, column), reverse=column.higher_is_better)
        if len(scored) > 1 and _value(scored[0], column) != _value(scored[-1], column):
            count = min(EXTREMES, len(scored) // 2)
            return Extremes(column, tuple(scored[:count]), tuple(reversed(scored[-count:])))
    return None


def _value(row: ClipRow, column: Column) -> Any:
    return row.cells[column.name].value
