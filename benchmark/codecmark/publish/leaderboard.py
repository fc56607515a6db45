"""`codecmark publish`: the tables of one run or several as one static page that opens from the disk, offline."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from codecmark.publish import assets, figures
from codecmark.publish.formats import NOTATION, as_csv, as_json, file_name, nominal, ordered, save
from codecmark.publish.runs import Loaded, load
from codecmark.results.tables import Cell, Row, Table

TITLE = "Audio codecs, measured"


def publish(runs: Sequence[Path], out: Path) -> list[Path]:
    """Writes OUT/index.html with a section for each task of each run folder; gives the paths written.

    Raises `StoreError` for a folder that holds no run, `UsageError` when `out` cannot be written.
    """
    return [save(out / "index.html", page([load(run) for run in runs]))]


def page(runs: Sequence[Loaded]) -> str:
    """The page, whole: style, script, pictures and data are inside, and its policy lets nothing else in."""
    style, script = assets.static("page.css"), assets.static("page.js")
    policy = (
        f"default-src 'none'; style-src '{assets.digest(style)}'; script-src '{assets.digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    sections = [_section(run, table, f"t{i}-{j}") for i, run in enumerate(runs) for j, table in enumerate(run.tables)]
    return (
        _environment()
        .get_template("page.html")
        .render(title=TITLE, policy=policy, style=Markup(style), script=Markup(script), runs=runs, sections=sections)
    )


def _section(run: Loaded, table: Table, anchor: str) -> dict[str, Any]:
    figure = figures.rate_quality(table)
    return {
        "anchor": anchor,
        "run": run,
        "table": table,
        "columns": ordered(table),
        "plot": Markup(figures.inline(figure, anchor, f"{table.title}: quality over bit rate")) if figure else None,
        "file_name": file_name(table.task),
        "csv": _data_uri("text/csv", as_csv(table)),
        "json": _data_uri("application/json", as_json(table, run.card)),
    }


def _environment() -> jinja2.Environment:
    environment = assets.environment()
    environment.globals.update(
        nominal=nominal, sort_value=sort_value, row_sort_value=_row_sort_value, explained=explained, notation=NOTATION
    )
    return environment


def sort_value(cell: Cell) -> str:
    """What a cell is sorted by: its value, infinity for identical signals, nothing where there is no score."""
    return repr(cell.value) if cell.value is not None else "Infinity" if cell.text(0) == "∞" else ""


def _row_sort_value(row: Row) -> str:
    kbps = row.setting["kbps"]
    return "" if kbps is None else repr(float(kbps))


def explained(cell: Cell, decimals: int) -> str:
    """What a cell stands on, in a sentence: the clips behind it, their quartiles, or why there is no score."""
    if cell.value is None:
        return cell.reason or cell.state
    parts = [f"{cell.n_ok} of {cell.n} clips"]
    if cell.low is not None and cell.high is not None and cell.n_ok > 1:
        parts.append(f"middle half {cell.low:.{decimals}f} to {cell.high:.{decimals}f}")
    if cell.n_failed:
        parts.append(f"{cell.n_failed} failed")
    if cell.n_ok < cell.n and cell.reason:
        parts.append(cell.reason)
    if cell.flagged:
        parts.append(f"{cell.flagged} flagged: measured on outputs that came out differently")
    return "; ".join(parts)


def _data_uri(kind: str, text: str) -> str:
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"
