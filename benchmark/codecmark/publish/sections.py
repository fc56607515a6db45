"""The sections of the index page: one for each task of each run, and what others have published."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from codecmark.publish import commands, curves, rate_plots
from codecmark.publish.curves import Curve
from codecmark.publish.formats import as_csv, as_json, file_name, ordered
from codecmark.publish.rate_plots import Panel
from codecmark.publish.runs import Loaded
from codecmark.publish.survey_table import Published, SurveyRow, SurveyTable
from codecmark.results.tables import Column, Table

GROUPS = ("Bit rate", "Quality", "Computing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A comparison with its plots; `pages` are the addresses of its settings' own pages, where they have one."""

    anchor: str
    run: Loaded
    table: Table
    pages: Mapping[str, str]
    groups: Sequence[tuple[str, tuple[Column, ...]]]
    curves: Sequence[Curve]
    panels: Sequence[Panel]

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(column for _, columns in self.groups for column in columns)

    @property
    def command(self) -> str:
        """What measures all of it anew."""
        return commands.of_task(self.run, self.table.task)

    @property
    def file_name(self) -> str:
        return file_name(self.table.task)

    @property
    def csv(self) -> str:
        return data_uri("text/csv", as_csv(self.table))

    @property
    def json(self) -> str:
        return data_uri("application/json", as_json(self.table, self.run.card))


def sections(runs: Sequence[Loaded], pages: Sequence[Mapping[str, str]]) -> list[Section]:
    """In the order of the runs and of their tasks."""
    return [
        Section(
            anchor=f"t{i}-{j}",
            run=run,
            table=table,
            pages=pages[i],
            groups=grouped(table),
            curves=curves.curves(table),
            panels=rate_plots.panels(table),
        )
        for i, run in enumerate(runs)
        for j, table in enumerate(run.tables)
    ]


def grouped(table: Table) -> list[tuple[str, tuple[Column, ...]]]:
    """The columns under what they are about: what is sent, what arrives, and what it takes."""
    found: dict[str, list[Column]] = {group: [] for group in GROUPS}
    for column in ordered(table):
        found[GROUPS[0] if column.name == "kbps" else GROUPS[1] if column.quality else GROUPS[2]].append(column)
    return [(group, tuple(columns)) for group, columns in found.items() if columns]


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A row of the survey, with what the filters of the page ask for."""

    row: SurveyRow
    family: str
    sample_rate: float
    kbps: float


def published(table: SurveyTable) -> tuple[SurveyTable, list[PublishedRow]]:
    """Of Tab.01 what stands for each setting, and what others have published of it; nothing that a run measured."""
    keep = [i for i, c in enumerate(table.columns) if c.kind == "published" or c.name in ("id", "label", "sr", "bps")]
    columns = tuple(table.columns[i] for i in keep)
    rows = [replace(row, cells=tuple(row.cells[i] for i in keep)) for row in table.rows]
    names = [column.name for column in columns]
    marks = {place: numbers for place, numbers in table.notes.marks.items() if place[1] in names}
    used = {number for numbers in marks.values() for number in numbers}
    footnotes = tuple(note for note in table.notes.footnotes if note.number is None or note.number in used)
    cited = {cell.source.mark for row in rows for cell in row.cells if isinstance(cell, Published)}
    cited |= {column.source.mark for column in columns if column.source}
    narrow = replace(
        table,
        name="published",
        columns=columns,
        rows=tuple(rows),
        notes=replace(table.notes, footnotes=footnotes, marks=marks),
        sources=tuple(source for source in table.sources if source.mark in cited),
    )
    return narrow, [_described(row, names) for row in rows]


def _described(row: SurveyRow, names: Sequence[str]) -> PublishedRow:
    texts = dict(zip(names, (cell.text for cell in row.cells), strict=True))
    return PublishedRow(row, row.group.partition(": ")[2], float(texts["sr"]) * 1000, float(texts["bps"]))


def data_uri(kind: str, text: str) -> str:
    """An address that holds the text itself."""
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"
