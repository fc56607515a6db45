"""A run folder, read for publishing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codecmark.results.card import RunCard
from codecmark.results.store import Store
from codecmark.results.tables import Table, tables


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run folder, read: its name, its card, and a table per task."""

    name: str
    card: RunCard
    tables: tuple[Table, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        """What the run was measured on, by name, each once."""
        return tuple(dict.fromkeys(f"{one['device']} ({one['device_name']})" for one in self.card.sessions))


def load(run: Path) -> Loaded:
    """Reads a run folder. Raises `StoreError` when it is none, or is damaged."""
    store = Store.existing(run)
    card = store.card()
    return Loaded(run.resolve().name, card, tuple(tables(card, store.latest())))
