"""The command that measures a cell again."""

from __future__ import annotations

import re
import shlex

from codecmark.publish import private
from codecmark.publish.runs import Loaded
from codecmark.results.card import Plain
from codecmark.results.command import command
from codecmark.results.tables import Row

AGAIN = "again"
"""A run folder of its own: where the rows are at hand, nothing would be measured."""
NARROWED = ("codecs", "codebooks", "metrics", "clips", "random_weights")
"""Options in whose place stands the cell."""
NOT_OF_THE_SCORE = ("out", "workers", "keep_audio", "offline", "retry_failed")
WHERE = ("data_root", "weights_root", "trust_pickle")
"""Options that a later session need not repeat: they say where things are, not what is measured."""


def of_task(run: Loaded, task: str) -> str:
    """What measures all of a task anew, as it was asked for last."""
    word, options = task, Plain()
    for session in run.card.sessions:
        if task in session.get("tasks", {}):
            word = session["tasks"][task].removeprefix(private.FOLDER)
            options = {name: options[name] for name in WHERE if name in options} | session["options"]
    kept = {name: value for name, value in options.items() if name not in (*NARROWED, *NOT_OF_THE_SCORE)}
    return command([word], kept | {"out": AGAIN})


def of_row(row: Row) -> str:
    """What narrows that to a row."""
    random = row.setting["weights"]["state"] == "random"
    return f"--codecs {shlex.quote(row.id)}{' --random-weights' * random}"


def of_column(run: Loaded, task: str, metric: str) -> str:
    """What measures one score of all rows."""
    return f"{of_task(run, task)} --metrics {metric}"


def own(run: Loaded, text: str) -> str:
    """What is said of the words in commands that stand for folders of whoever measured; nothing without any."""
    words = [word for word in dict.fromkeys(private.places(run.card).values()) if re.search(rf"\b{word}\b", text)]
    return f"For {' and '.join(words)} put your own: where it was is not published." if words else ""
