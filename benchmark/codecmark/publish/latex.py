r"""A comparison as a LaTeX table for `\input` in a paper; needs the packages booktabs and graphicx."""

from __future__ import annotations

import re
import unicodedata

from codecmark.publish.formats import NOTATION, label, nominal, ordered
from codecmark.results.tables import Column, Row, Table

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # at the start of a line of a table, a bare one would be an option of the line before
    "]": "{]}",
    "*": "{*}",
    "∞": r"$\infty$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "µ": r"$\mu$",
    "μ": r"$\mu$",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\ldots{}",
}

_HEAD = r"""%% Made by codecmark. Needs \usepackage{booktabs} and \usepackage{graphicx}.
\begin{table}[t]
\centering
\caption{%(caption)s}
\label{tab:%(label)s}
\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%%
\begin{tabular}{l*{%(numbers)d}{r}}
\toprule
%(titles)s \\
%(units)s \\
\midrule
"""

_FOOT = r"""\bottomrule
\end{tabular}}
\par\smallskip
\begin{minipage}{\linewidth}\footnotesize
%(notes)s
\end{minipage}
\end{table}
"""


def as_latex(table: Table) -> str:
    """The table between booktabs rules, at most as wide as the text, its notes below it."""
    columns = ordered(table)
    synthetic = "Synthetic material. " if table.synthetic else ""
    head = _HEAD % {
        "caption": escaped(f"{table.title}. {synthetic}{table.subtitle}."),
        "label": re.sub(r"[^A-Za-z0-9:-]", "-", table.task),
        "numbers": len(columns) + 1,
        "titles": " & ".join(["Setting", "Nominal", *(escaped(column.title + column.arrow) for column in columns)]),
        "units": " & ".join(["", "kbps", *(escaped(column.unit) for column in columns)]),
    }
    lines = [
        " & ".join([escaped(label(row)), escaped(nominal(row)), *_cells(table, row, columns)]) for row in table.rows
    ]
    notes = r" \par ".join(escaped(note) for note in (*table.notes, NOTATION))
    return head + "".join(f"{line} \\\\\n" for line in lines) + _FOOT % {"notes": notes}


def _cells(table: Table, row: Row, columns: tuple[Column, ...]) -> list[str]:
    cells = []
    for column in columns:
        text = escaped(row.cells[column.name].text(column.decimals))
        text = "$-$" + text[1:] if text.startswith("-") else text
        cells.append(rf"\textbf{{{text}}}" if table.is_best(row, column.name) else text)
    return cells


def escaped(text: str) -> str:
    """Any text as LaTeX that prints it; what pdflatex has no glyph for is printed as its code point."""
    return "".join(_SPECIAL.get(character) or _plain(character) for character in " ".join(text.split()))


def _plain(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else ""
    base = unicodedata.normalize("NFKD", character)
    if ord(character) < 0x100 and base[0].isalpha() and base[0].isascii():
        return character  # the accented letters of western Europe, which every font has
    ascii_only = "".join(c for c in base if c.isascii() and c.isalnum())
    return ascii_only or f"{{[}}U+{ord(character):04X}{{]}}"
