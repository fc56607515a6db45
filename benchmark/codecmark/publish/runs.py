"""A run folder, read for publishing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from codecmark.publish import private
from codecmark.results.card import RunCard
from codecmark.results.store import Store
from codecmark.results.tables import Table, tables


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run folder as it may be published: its name, its card, a table per task, and the rows in force."""

    name: str
    card: RunCard
    tables: tuple[Table, ...]
    latest: pd.DataFrame

    @property
    def devices(self) -> tuple[str, ...]:
        """What the run was measured on, by name, each once."""
        return tuple(dict.fromkeys(f"{one['device']} ({one['device_name']})" for one in self.card.sessions))


def load(run: Path) -> Loaded:
    """Reads a run folder. Raises `StoreError` when it is none, or is damaged."""
    store = Store.existing(run)
    card, latest = store.card(), store.latest()
    places = private.places(card)
    latest["reason"] = latest["reason"].map(
        {reason: private.hidden(reason, places) for reason in latest["reason"].unique()}
    )
    card = private.without_places(card, run / "run.json")
    return Loaded(run.resolve().name, card, tuple(tables(card, latest)), latest)
