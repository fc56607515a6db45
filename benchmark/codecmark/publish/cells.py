"""What a page says about a cell beyond its text: what it stands on, what it is sorted by, how to measure it again."""

from __future__ import annotations

import shlex
from pathlib import Path

from codecmark.publish.runs import Loaded
from codecmark.results.card import Plain
from codecmark.results.tables import Cell, Row


def sort_value(cell: Cell) -> str:
    """What a cell is sorted by: its value, infinity for identical signals, nothing where there is no score."""
    return repr(cell.value) if cell.value is not None else "Infinity" if cell.text(0) == "∞" else ""


def explained(cell: Cell, decimals: int) -> str:
    """What a cell stands on, in a sentence: the clips behind it, their quartiles, or why there is no score."""
    if cell.value is None:
        return cell.reason or cell.state
    parts = [f"{cell.n_ok} of {cell.n} clips"]
    if cell.low is not None and cell.high is not None and (cell.n_ok > 1 or cell.low < cell.high):
        parts.append(f"middle half {cell.low:.{decimals}f} to {cell.high:.{decimals}f}")
    if cell.n_failed:
        parts.append(f"{cell.n_failed} failed")
    if cell.n_ok < cell.n and cell.reason:
        parts.append(cell.reason)
    if cell.flagged:
        parts.append(f"{cell.flagged} flagged: measured on outputs that came out differently")
    return "; ".join(parts)


def task_command(run: Loaded, task: str) -> str:
    """The command that measures a task anew on the same clips; `--codecs` and `--metrics` narrow it to one cell."""
    about = run.card.tasks[task]
    words = ["codecmark", "run", _task_word(run, task), "--dataset", about["dataset"]["name"]]
    if about["selection"].get("limit"):
        words += ["--limit", str(about["selection"]["limit"])]
    for role, model in about.get("evaluators", {}).items():
        words += ["--evaluator", f"{role}={model}"]
    return shlex.join(words)


def codecs_option(row: Row) -> str:
    """The value of `--codecs` for a row, and the option without which its kind of weights is not run."""
    random = row.setting["weights"]["state"] == "random"
    return f"{shlex.quote(row.id)}{' --random-weights' * random}"


def measured_by(run: Loaded) -> str:
    """Who filled the run last: the date, the device, the version and the commit."""
    if not run.card.sessions:
        return ""
    session: Plain = run.card.sessions[-1]
    commit = f", commit {session['git']}" if session["git"] else ""
    versions = f"codecmark {session['versions'].get('codecmark', '')}{commit}"
    device = f"{session['device']}: {session['device_name']}"
    return f"run {run.name}, {session['started'][:10]}, {device}; {versions}"


def _task_word(run: Loaded, task: str) -> str:
    """The task as it was named on the command line, where that was a path."""
    for session in reversed(run.card.sessions):
        for word in shlex.split(session["command"]):
            if Path(word).stem == task and word.endswith((".yaml", ".yml")):
                return str(word)
    return task
