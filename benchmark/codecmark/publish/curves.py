"""What a plot of quality over bit rate draws: a line for each network, a level for each anchor."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from codecmark.core.settings import WeightsState
from codecmark.results.tables import Column, Row, Table

Network = tuple[str, int, str]
"""Model, sample rate and weights."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The settings of one network or format, in order of bit rate. `number` is its place among the curves of a plot."""

    title: str
    rows: tuple[Row, ...]
    number: int

    def points(self, column: Column) -> list[tuple[Row, float, float]]:
        """Row, bit rate and score of each setting that has one."""
        values = [(row, row.kbps, row.cells[column.name].value) for row in self.rows]
        return [(row, x, y) for row, x, y in values if y is not None]

    def short(self, row: Row) -> str:
        """The name of a point of this curve, beside the name of the curve."""
        name = str(row.setting["name"])
        own = name.removeprefix(_shared([other.setting["name"] for other in self.rows])).lstrip("-_")
        return str(row.setting["survey_id"] or own or name)


def curves(table: Table) -> list[Curve]:
    """Settings of one model are a curve as long as they share a sample rate and weights: else they are networks."""
    found: dict[Network, list[Row]] = {}
    for row in table.rows:
        if _drawn(row):
            found.setdefault(_network(row), []).append(row)
    networks = sorted(found)
    return [Curve(_title(one, found), tuple(found[one]), number) for number, one in enumerate(networks)]


def columns(table: Table) -> list[Column]:
    """The scores of quality that have a direction."""
    return [column for column in table.columns if column.quality and column.higher_is_better is not None]


def levels(table: Table, column: Column) -> list[tuple[str, float]]:
    """The anchors by name, each with its score."""
    anchors = [row for row in table.rows if row.setting["card"]["kind"] == "anchor"]
    values = [(str(row.setting["title"]), row.cells[column.name].value) for row in anchors]
    return [(title, value) for title, value in values if value is not None]


def _drawn(row: Row) -> bool:
    kind, state = row.setting["card"]["kind"], row.setting["weights"]["state"]
    return kind != "anchor" and state != WeightsState.RANDOM and 0 < row.kbps < math.inf


def _network(row: Row) -> Network:
    setting = row.setting
    return setting["model"], setting["sample_rate"] or 0, str(setting["weights"]["fingerprint"])


def _title(network: Network, found: dict[Network, list[Row]]) -> str:
    """The codec, with what tells this network from its others: its sample rate, else what its settings are called."""
    model, rate, _ = network
    rows, rates = found[network], [other[1] for other in found if other[0] == model]
    words = [str(rows[0].setting["card"]["title"])]
    if len(rates) > 1:
        words.append(
            f"{rate / 1000:g} kHz" if rates.count(rate) == 1 else _shared([row.setting["name"] for row in rows])
        )
    if rows[0].apart:
        words.append(f"({rows[0].apart})")
    return " ".join(filter(None, words))


def _shared(names: Sequence[str]) -> str:
    """The words that all names begin with."""
    words = zip(*(re.split("([-_@])", name) for name in names), strict=False)
    return "".join(word for word, *others in itertools.takewhile(_alike, words)).rstrip("-_@")


def _alike(words: tuple[str, ...]) -> bool:
    return len(set(words)) == 1
