"""A comparison as plain data for other programs, CSV and JSON, and as Markdown; and the writing of files."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from codecmark.core.errors import UsageError
from codecmark.results.card import RunCard
from codecmark.results.tables import Column, Row, Table

TABLE_SCHEMA = 2

NOTATION = (
    "Bold: the best of the complete rows that compete; anchors, demonstrations and random weights do not. "
    "(n/N): n of N clips were scored. ↑ higher is better, ↓ lower is better."
)
_DESCRIPTION = ("id", "title", "model", "survey_id", "sample_rate", "n_codebooks", "codebook_size", "frame_rate")


def ordered(table: Table) -> tuple[Column, ...]:
    """The columns with the counted bit rate first, so that it stands beside the nominal one."""
    return tuple(sorted(table.columns, key=lambda column: column.name != "kbps"))


def nominal(row: Row) -> str:
    """The bit rate a setting is said to have, in kbps; a dash where nobody says one."""
    kbps = row.setting["kbps"]
    return "–" if kbps is None else f"{kbps:.4g}"


def label(row: Row) -> str:
    """The title of a row, with a word behind it where it does not compete."""
    title = str(row.setting["title"])
    return f"{title} ({row.apart})" if row.apart else title


def as_csv(table: Table) -> str:
    """One line per setting, values in full precision; each score is followed by its n_ok, n and state."""
    columns = ordered(table)
    parts = ("", "_n_ok", "_n", "_state")
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    scores = [column.name + part for column in columns for part in parts]
    writer.writerow([*_DESCRIPTION, "family", "kind", "weights", "nominal_kbps", *scores])
    for row in table.rows:
        setting, card = row.setting, row.setting["card"]
        described = [setting[key] for key in _DESCRIPTION]
        described += [card["family"], card["kind"], setting["weights"]["state"], setting["kbps"]]
        cells = [row.cells[column.name] for column in columns]
        writer.writerow([*described, *(v for cell in cells for v in (cell.value, cell.n_ok, cell.n, cell.state))])
    return lines.getvalue()


def as_json(table: Table, card: RunCard) -> str:
    """The table with every cell in full, the cards of its codecs by model, and the run's sessions."""
    task = {key: value for key, value in card.tasks[table.task].items() if key != "clips"}
    content = {
        "schema": TABLE_SCHEMA,
        "task": task,
        "metrics": {column.name: card.metrics[column.name] for column in table.columns},
        "cards": {row.setting["model"]: row.setting["card"] for row in table.rows},
        "rows": [_row(row) for row in table.rows],
        "notes": list(table.notes),
        "sessions": list(card.sessions),
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _row(row: Row) -> dict[str, Any]:
    setting = {key: value for key, value in row.setting.items() if key != "card"}
    return {"ranked": row.ranked, "setting": setting, "cells": {name: asdict(cell) for name, cell in row.cells.items()}}


def as_markdown(table: Table, plot: str | None) -> str:
    """The table in GitHub's Markdown, under its title and over its notes; `plot` is the address of a picture."""
    columns = ordered(table)
    heading = " | ".join(["setting", "nominal kbps", *(escaped_markdown(column.heading) for column in columns)])
    mark = "**Synthetic material.** " if table.synthetic else ""
    lines = [f"# {escaped_markdown(table.title)}", "", mark + escaped_markdown(table.subtitle), ""]
    lines += [f"![Quality over bit rate]({plot})", ""] if plot else []
    lines += [f"| {heading} |", "|:--" + "|--:" * (len(columns) + 1) + "|"]
    for row in table.rows:
        cells = [_md_cell(table, row, column) for column in columns]
        lines.append(f"| {' | '.join([escaped_markdown(label(row)), nominal(row), *cells])} |")
    lines += ["", *(f"- {escaped_markdown(note)}" for note in (*table.notes, NOTATION)), ""]
    return "\n".join(lines)


def _md_cell(table: Table, row: Row, column: Column) -> str:
    text = escaped_markdown(row.cells[column.name].text(column.decimals))
    return f"**{text}**" if table.is_best(row, column.name) else text


def escaped_markdown(text: str) -> str:
    """Any text as Markdown that prints it, on one line."""
    return re.sub(r"([\\`*_\[\]|<>~$&#])", r"\\\1", " ".join(text.split()))


def file_name(name: str) -> str:
    """A name as a file's: whatever would be a path or a blank is percent-encoded, so that no two names meet."""
    return quote(name, safe="")


def save(path: Path, content: str | bytes) -> Path:
    """Writes a file and the folders above it. Raises `UsageError` when it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}; choose another --out") from error
    return path
