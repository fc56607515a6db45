"""A table of the survey as CSV for other programs and as Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from codecmark.publish.formats import escaped_markdown as md
from codecmark.publish.survey import NOTATION
from codecmark.publish.survey_table import (
    Measured,
    Published,
    Several,
    Source,
    State,
    SurveyCell,
    SurveyColumn,
    SurveyTable,
    Text,
)


def as_csv(table: SurveyTable) -> str:
    """One line per row, after its group if it has one; footnotes at the row are at its end.

    A measured column is the value in full precision, then its state; a published one the value, then its source.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    grouped = any(row.group for row in table.rows)
    names = [name for column in table.columns for name in _names(column)]
    writer.writerow([*["group"] * grouped, *names, "notes"])
    texts = {note.number: note.text for note in table.notes.footnotes}
    for row in table.rows:
        entries = list(table.entries(row))
        values = [value for column, cell, _ in entries for value in _values(column, cell)]
        numbers = dict.fromkeys(number for _, _, marks in entries for number in marks)
        writer.writerow([*[row.group] * grouped, *values, " ".join(texts[number] for number in numbers)])
    return lines.getvalue()


def _names(column: SurveyColumn) -> tuple[str, ...]:
    second = {"text": (), "measured": (f"{column.name}_state",), "published": (f"{column.name}_source",)}
    return (column.name, *second[column.kind])


def _values(column: SurveyColumn, cell: SurveyCell) -> tuple[str, ...]:
    match cell:
        case Measured():
            state = cell.cell.state + ", random weights" * cell.random
            return repr(cell.cell.value), state
        case Published():
            return cell.text, cell.source.text
        case Several():
            return cell.text, "; ".join(dict.fromkeys(value.source.text for value in cell.values))
        case State():
            return "", cell.text
        case _:
            return (cell.text, *[""] * (len(_names(column)) - 1))


def as_markdown(table: SurveyTable, picture: str | None = None) -> str:
    """The table in GitHub's Markdown, under its title and over its footnotes and sources."""
    lines = [f"# {md(table.title)}", "", md(table.caption), ""]
    lines += [f"![{md(table.title)}]({picture})", ""] if picture else []
    lines += [_line([_heading(column) + _numbers(marks) for column, marks in table.headings()])]
    lines += ["|" + "|".join("--:" if column.numeric else ":--" for column in table.columns) + "|"]
    for row in table.rows:
        lines.append(_line([_cell(cell) + _numbers(marks) for _, cell, marks in table.entries(row)]))
    lines += [
        "",
        *(f"- {_numbers((note.number,)) if note.number else ''}{md(note.text)}" for note in table.notes.footnotes),
    ]
    lines += [f"- [{source.mark}] [{md(source.text)}]({source.url})" for source in table.sources]
    if any(column.kind == "published" for column in table.columns):
        lines.append(f"- {md(NOTATION)}")
    return "\n".join([*lines, ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _heading(column: SurveyColumn) -> str:
    title = column.title + (f" [{column.unit}]" if column.unit else "") + column.arrow
    published = f"({column.group[:1].lower()}{column.group[1:]})" if column.group else "(published)"
    kind = {"text": "", "measured": " (measured)", "published": f" {md(published)}"}[column.kind]
    return md(title) + kind + (_mark(column.source) if column.source else "")


def _cell(cell: SurveyCell) -> str:
    match cell:
        case Measured():
            return f"**{md(cell.text)}**" if cell.best else md(cell.text)
        case Published():
            return _published(cell)
        case Several():
            return "<br>".join(_published(value) for value in cell.values)
        case Text():
            return md(cell.text)
        case State():
            return md(f"({cell.text})")
        case _:
            return "✓" if cell.yes else "✗"


def _published(cell: Published) -> str:
    about = f"{md(cell.about)}: " if cell.about else ""
    second_hand = " (second-hand)" if cell.source.second_hand else ""
    return f"{about}*{md(cell.value)}*{_mark(cell.source)}{second_hand}"


def _mark(source: Source) -> str:
    return f" \\[{source.mark}\\]"


def _numbers(marks: Sequence[int]) -> str:
    return f"<sup>{','.join(map(str, marks))}</sup>" if marks else ""
