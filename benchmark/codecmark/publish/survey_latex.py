r"""A table of the survey in LaTeX for `\input` in a paper; needs the packages booktabs, graphicx and amssymb."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from codecmark.publish.latex import escaped
from codecmark.publish.survey import NOTATION
from codecmark.publish.survey_table import (
    Check,
    Measured,
    Published,
    Several,
    State,
    SurveyCell,
    SurveyColumn,
    SurveyRow,
    SurveyTable,
    Text,
)

LONG_EM = {"text": 16, "measured": 14, "published": 36}
"""Width in em of a column whose text is broken into lines."""

_HEAD = r"""%% Made by codecmark. Needs \usepackage{booktabs}, \usepackage{graphicx} and \usepackage{amssymb}.
\begin{table}[p]
\centering
\caption{%(caption)s}
\label{tab:%(label)s}
\vspace{1ex}
\setlength{\tabcolsep}{3pt}
\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%%
\begin{tabular}{%(columns)s}
\toprule
%(head)s
\midrule
"""

_FOOT = r"""\bottomrule
\end{tabular}}
\par\smallskip
\begin{minipage}{\linewidth}\scriptsize\raggedright
%(notes)s
\end{minipage}
\end{table}
"""


def as_latex(table: SurveyTable) -> str:
    """The table between booktabs rules, a rule between groups, its footnotes and sources below it."""
    head = _HEAD % {
        "caption": escaped(f"{table.title}. {table.caption}"),
        "label": table.name,
        "columns": "".join(_alignment(column) for column in table.columns),
        "head": "\n".join([*_groups(table), *_headings(table)]),
    }
    sections = ["".join(f"{_row(table, row)} \\\\\n" for row in rows) for rows in table.sections()]
    return head + "\\midrule\n".join(sections) + _FOOT % {"notes": "\n\\par ".join(_notes(table))}


def _alignment(column: SurveyColumn) -> str:
    return f"p{{{LONG_EM[column.kind]}em}}" if column.long else "r" if column.numeric else "l"


def _groups(table: SurveyTable) -> list[str]:
    """The headings above columns with a rule below each; nothing where there are none."""
    groups = table.groups()
    if not any(name for name, _ in groups):
        return []
    cells, rules, first = [], [], 1
    for name, width in groups:
        cells.append(rf"\multicolumn{{{width}}}{{c}}{{{escaped(name)}}}" if name else "&" * (width - 1))
        rules += [rf"\cmidrule(lr){{{first}-{first + width - 1}}}"] * bool(name)
        first += width
    return [f"{' & '.join(cells)} \\\\", "".join(rules)]


def _headings(table: SurveyTable) -> list[str]:
    """Titles, and units below them where there are any."""
    titles, units = [], []
    for column, marks in table.headings():
        source = _mark(column.source.mark) if column.source else ""
        titles.append(escaped(column.title + column.arrow) + source + _numbers(marks))
        units.append(escaped(column.unit))
    return [f"{' & '.join(titles)} \\\\", f"{' & '.join(units)} \\\\"] if any(units) else [f"{' & '.join(titles)} \\\\"]


def _row(table: SurveyTable, row: SurveyRow) -> str:
    """The cells of a row; one state over several columns is said once."""
    cells = []
    for state, entries in itertools.groupby(table.entries(row), lambda entry: _state(entry[1])):
        group = list(entries)
        if state is not None and len(group) > 1:
            cells.append(rf"\multicolumn{{{len(group)}}}{{c}}{{{escaped(state)}}}")
        else:
            cells += [_cell(cell, column.long) + _numbers(marks) for column, cell, marks in group]
    return " & ".join(cells)


def _state(cell: SurveyCell) -> str | None:
    return cell.text if isinstance(cell, State) else None


def _cell(cell: SurveyCell, long: bool) -> str:
    match cell:
        case Check(yes):
            return r"$\checkmark$" if yes else r"$\times$"
        case Measured():
            text = _number(cell.text)
            return rf"\textbf{{{text}}}" if cell.best else text
        case Published():
            text = _published(cell)
        case Several(values):
            text = "; ".join(_published(value) for value in values)
        case Text():
            text = escaped(cell.text if cell.line is None else cell.line)
        case _:
            text = escaped(cell.text)
    return rf"\raggedright\let\\\tabularnewline {text}" if long else text


def _published(cell: Published) -> str:
    about = f"{escaped(cell.about)}: " if cell.about else ""
    second_hand = " (second-hand)" if cell.source.second_hand else ""
    return rf"{about}\textit{{{_number(cell.value)}}}{_mark(cell.source.mark)}{second_hand}"


def _number(text: str) -> str:
    return "$-$" + escaped(text[1:]) if text.startswith("-") else escaped(text)


def _mark(letter: str) -> str:
    return rf"\textsuperscript{{{letter}}}"


def _numbers(marks: Sequence[int]) -> str:
    return rf"\textsuperscript{{{','.join(map(str, marks))}}}" if marks else ""


def _notes(table: SurveyTable) -> list[str]:
    """Paragraphs: a remark on the whole table each, the numbered footnotes in one, the sources in one."""
    footnotes = table.notes.footnotes
    whole = [escaped(note.text) for note in footnotes if note.number is None]
    numbered = [_numbers((note.number,)) + escaped(note.text) for note in footnotes if note.number is not None]
    sources = [f"{_mark(source.mark)}{escaped(source.text)}." for source in table.sources]
    published = any(column.kind == "published" for column in table.columns)
    notation = [escaped(NOTATION)] if published else []
    return [part for part in (*whole, " ".join(numbered), " ".join(sources), *notation) if part]
