"""A run as tidy pandas frames, for notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from codecmark.results.card import RunCard
from codecmark.results.store import Store
from codecmark.results.tables import Row, Table, tables

CLIP = ("speaker", "language", "domain", "seconds", "text")
SETTING = ("model", "survey_id", "sample_rate", "n_codebooks")


@dataclass(frozen=True, slots=True)
class Frames:
    """What a run measured.

    `clips` has one row per task, setting, clip and metric: status, value, weight, reason, detail and what is known of
    the clip. `settings` has one row per task and setting: its bit rates in kbps, a column per metric with the value
    over the clips (NaN where there is none), and `n_METRIC` with how many clips were scored.
    """

    clips: pd.DataFrame
    settings: pd.DataFrame


def load(run: str | Path) -> Frames:
    """The frames of a run folder. Raises `StoreError` where there is none."""
    store = Store.existing(Path(run))
    card, latest = store.card(), store.latest()
    rows = [_setting(table, row) for table in tables(card, latest) for row in table.rows]
    return Frames(_clips(card, latest), pd.DataFrame(rows))


def _clips(card: RunCard, latest: pd.DataFrame) -> pd.DataFrame:
    known = pd.DataFrame(
        [
            {"task": name, "clip": clip["id"], **{key: clip[key] for key in CLIP}}
            for name, task in card.tasks.items()
            for clip in task["clips"]
        ]
    )
    return latest.merge(known, on=["task", "clip"], how="inner")


def _setting(table: Table, row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"task": table.task, "setting": row.id, **{key: row.setting[key] for key in SETTING}}
    found |= {"nominal_kbps": row.setting["kbps"], "weights": row.setting["weights"]["state"]}
    for name, cell in row.cells.items():
        found[name] = float("nan") if cell.value is None else cell.value
        found[f"n_{name}"] = cell.n_ok
    return found
