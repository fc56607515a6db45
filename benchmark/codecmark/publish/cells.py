"""What a page says about a cell beyond its text: what it stands on, who measured it, what it is sorted by."""

from __future__ import annotations

import html
import re

from markupsafe import Markup

from codecmark.core.settings import WeightsState
from codecmark.publish.runs import Loaded
from codecmark.results.card import Plain
from codecmark.results.tables import Cell, Row


def sort_value(cell: Cell) -> str:
    """What a cell is sorted by: its value, infinity for identical signals, nothing where there is no score."""
    return repr(cell.value) if cell.value is not None else "Infinity" if cell.text(0) == "∞" else ""


def middle(cell: Cell, decimals: int) -> str:
    """The quartiles in print; nothing where there is only one number."""
    if cell.low is None or cell.high is None or (cell.n_ok < 2 and cell.low == cell.high):
        return ""
    return f"{cell.low:.{decimals}f} to {cell.high:.{decimals}f}"


def explained(cell: Cell, decimals: int) -> str:
    """What a cell stands on, in a sentence: the clips behind it, their quartiles, or why there is no score."""
    if cell.value is None:
        return cell.reason or cell.state
    parts = [f"{cell.n_ok} of {cell.n} clips"]
    if half := middle(cell, decimals):
        parts.append(f"middle half {half}")
    if cell.n_failed:
        parts.append(f"{cell.n_failed} failed")
    if cell.n_ok < cell.n and cell.reason:
        parts.append(cell.reason)
    if cell.flagged:
        parts.append(f"{cell.flagged} flagged: {cell.flag}")
    return "; ".join(parts)


def breakable(text: str) -> Markup:
    """A name that may go on in the next line behind its separators."""
    return Markup(re.sub("([/_@])", r"\1<wbr>", html.escape(text)))


def marks(row: Row) -> list[str]:
    """What must be seen beside the name of a row: why it does not compete, what is doubtful, what may not be done."""
    setting = row.setting
    assumed = str(setting["options"].get("configuration", "")).startswith("assumed")
    doubt = "configuration assumed" if assumed and setting["weights"]["state"] == WeightsState.RANDOM else ""
    return list(filter(None, (row.apart, doubt, restricted(setting["card"]), *row.flags)))


def restricted(card: Plain) -> str:
    """The licence of code or weights that may not be used commercially, by its short name; nothing where all may."""
    said = f"{card['code_licence']} {card['weights_licence'] or ''}"
    found = re.search(r"\S*\bNC\b[\w.-]*|(?i:non-?commercial)", said)
    return found.group().strip("(),;") if found else ""


def measured_by(run: Loaded) -> str:
    """Who filled the run last: the date, the device, the version and the commit."""
    if not run.card.sessions:
        return ""
    session: Plain = run.card.sessions[-1]
    commit = f", commit {session['git']}" if session["git"] else ""
    versions = f"codecmark {session['versions'].get('codecmark', '')}{commit}"
    device = f"{session['device']}: {session['device_name']}"
    return f"run {run.name}, {session['started'][:10]}, {device}; {versions}"
