"""A table of the survey, whatever it is printed as: what was measured and what others published stay apart by type."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from codecmark.results import tables

HEADING = "*"
"""Stands for a row in the place of a footnote that belongs to a heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a published value stands. `mark` is its letter in this table; `second_hand`: only quoted."""

    key: str
    mark: str
    cite: str
    url: str
    second_hand: bool

    @property
    def text(self) -> str:
        return f"{self.cite} (second-hand)" if self.second_hand else self.cite


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A fact as the survey prints it.

    A cell that the survey shares among rows stands in each of them: `span` is its height in rows where it begins and 0
    below that; `line` is the part of it that the survey prints in this row.
    """

    kind: ClassVar[str] = "text"
    text: str
    span: int = 1
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A tick or a cross of the survey."""

    kind: ClassVar[str] = "check"
    yes: bool

    @property
    def text(self) -> str:
        return "yes" if self.yes else "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A score of the run: the cell of its comparison, whose value is never None here, and the setting behind it.

    `best` is among the rows of this table that compete; `random` marks timings of made-up weights.
    """

    kind: ClassVar[str] = "measured"
    cell: tables.Cell
    column: tables.Column
    setting: str
    best: bool
    random: bool

    @property
    def text(self) -> str:
        text = self.cell.text(self.column.decimals)
        return f"{text} (random weights)" if self.random else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A value of someone else, in print: not measured here, never ranked; `about` says of what it is, if need be."""

    kind: ClassVar[str] = "published"
    value: str
    source: Source
    about: str = ""

    @property
    def text(self) -> str:
        return f"{self.about}: {self.value}" if self.about else self.value


@dataclass(frozen=True, slots=True)
class Several:
    """Published values that stand in one cell."""

    kind: ClassVar[str] = "several"
    values: tuple[Published, ...]

    @property
    def text(self) -> str:
        return "; ".join(f"{value.text} [{value.source.text}]" for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Why there is no value, in words; `reason` is the run's own, longer one."""

    kind: ClassVar[str] = "state"
    text: str
    reason: str = ""


SurveyCell = Text | Check | Measured | Published | Several | State
Kind = Literal["text", "measured", "published"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyColumn:
    """A column: `group` is the heading above several, `long` one whose text is broken into lines.

    `source` is where all of its facts stand; a column of `measured` has none, but a `command` that measures it.
    """

    name: str
    title: str
    kind: Kind = "text"
    group: str = ""
    unit: str = ""
    arrow: str = ""
    numeric: bool = False
    long: bool = False
    source: Source | None = None
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRow:
    """A row, its cells in the order of the columns; rows of one `group` belong together."""

    id: str
    group: str
    cells: tuple[SurveyCell, ...]


@dataclass(frozen=True, slots=True)
class Footnote:
    """A remark; one without a number is about the whole table."""

    number: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Notes:
    """The footnotes, those of the whole table first, and the numbers of the others by (row id or `HEADING`, column)."""

    footnotes: tuple[Footnote, ...]
    marks: Mapping[tuple[str, str], tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyTable:
    """The table, with its footnotes and the sources of its published values."""

    name: str
    title: str
    caption: str
    columns: tuple[SurveyColumn, ...]
    rows: tuple[SurveyRow, ...]
    notes: Notes
    sources: tuple[Source, ...]

    def entries(self, row: SurveyRow) -> Iterator[tuple[SurveyColumn, SurveyCell, tuple[int, ...]]]:
        """The cells of a row, each with its column and the numbers of its footnotes."""
        for column, cell in zip(self.columns, row.cells, strict=True):
            yield column, cell, self.notes.marks.get((row.id, column.name), ())

    def headings(self) -> Iterator[tuple[SurveyColumn, tuple[int, ...]]]:
        """The columns with the numbers of the footnotes at their headings."""
        for column in self.columns:
            yield column, self.notes.marks.get((HEADING, column.name), ())

    def sections(self) -> list[tuple[SurveyRow, ...]]:
        """The rows of each group, in order."""
        return [tuple(rows) for _, rows in itertools.groupby(self.rows, lambda row: row.group)]

    def groups(self) -> list[tuple[str, int]]:
        """The headings above the columns with the number of columns below each, from left to right."""
        found: list[tuple[str, int]] = []
        for column in self.columns:
            if found and found[-1][0] == column.group:
                found[-1] = (column.group, found[-1][1] + 1)
            else:
                found.append((column.group, 1))
        return found
