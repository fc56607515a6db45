"""What a run looks like in a terminal: progress, the table, what failed, where things are."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import cast

import pandas as pd
import rich.box
import rich.console
import rich.progress
import rich.table
from rich.text import Text

from codecmark.core.contracts import LaneReport
from codecmark.harness.estimate import Estimate
from codecmark.harness.plan import Plan
from codecmark.harness.runner import Results
from codecmark.results.tables import Column, Row, Table

PLAIN_SECONDS = 10.0
"""How often a line of progress is printed where there is no terminal."""
FAILURES_SHOWN = 10
PIPED_WIDTH = 160
"""Columns of output that goes to a file or a pipe."""


class Console:
    """Progress with the time left on a terminal, plain lines elsewhere; progress goes to standard error."""

    def __init__(self) -> None:
        self._out = rich.console.Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
        self._err = rich.console.Console(stderr=True, highlight=False)
        self._bar: rich.progress.Progress | None = None
        self._wanted = self._done = self._failed = 0
        self._started = self._said = time.monotonic()

    def __enter__(self) -> Console:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def note(self, text: str) -> None:
        self._err.print(Text(text), style="dim", soft_wrap=True)

    def begin(self, wanted: int, total: int) -> None:
        self._wanted, self._started = wanted, time.monotonic()
        held = f", {total - wanted} need no work" if total > wanted else ""
        self.note(f"{wanted} scores to measure{held}")
        if self._err.is_terminal and wanted:
            self._bar = rich.progress.Progress(
                rich.progress.TextColumn("{task.description}"),
                rich.progress.BarColumn(),
                rich.progress.MofNCompleteColumn(),
                rich.progress.TimeElapsedColumn(),
                rich.progress.TimeRemainingColumn(),
                console=self._err,
                transient=True,
            )
            self._bar.add_task("measuring", total=wanted)
            self._bar.start()

    def step(self, report: LaneReport) -> None:
        self._done += report.done
        self._failed += report.failed
        if self._bar is not None:
            failed = f", {self._failed} failed" if self._failed else ""
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=report.what + failed)
        elif time.monotonic() - self._said > PLAIN_SECONDS:
            self._said = time.monotonic()
            self.note(self._line(report.what))

    def _table(self, table: Table) -> None:
        """The table, in as many parts as the width needs."""
        self._out.print(Text(table.title, style="bold"))
        self._out.print(Text(table.subtitle))
        endless = self._out.options.update(max_width=10_000)
        part: list[Column] = []
        for column in table.columns:
            wider = [*part, column]
            if part and self._out.measure(rendered(table, wider), options=endless).maximum > self._out.width:
                self._out.print(rendered(table, part))
                wider = [column]
            part = wider
        self._out.print(rendered(table, part))

    def _line(self, what: str) -> str:
        elapsed = time.monotonic() - self._started
        left = elapsed / max(self._done, 1) * (self._wanted - self._done)
        return f"{self._done}/{self._wanted} scores, {self._failed} failed, about {left:.0f} s left ({what})"

    def plans(self, plans: Sequence[Plan], estimate: Estimate) -> None:
        """What would be measured, and what that roughly takes."""
        for plan in [plan for plan in plans if not plan.corpus.lacking]:
            held = plan.total - len(plan.wanted)
            settings = ", ".join(setting.id for _, setting in plan.choices)
            seconds = sum(clip.seconds for clip in plan.clips)
            self._out.print(Text(f"{plan.task.name}: {len(plan.wanted)} scores to measure, {held} need no work"))
            self._out.print(Text(f"  dataset   {plan.task.dataset}: {len(plan.clips)} clips, {seconds:.0f} s"))
            self._out.print(Text(f"  metrics   {', '.join(plan.task.metrics)}"))
            self._out.print(Text(f"  settings  {settings}"))
            for reason in sorted({cell.reason for cell in plan.answered if cell.status == "unavailable"}):
                self._out.print(Text(f"  {reason}"))
        for line in estimate.lines():
            self._out.print(Text(line, style="bold red" * line.startswith("MISSING")))

    def _failures(self, failures: pd.DataFrame) -> None:
        """What went wrong, by clip and reason; the same trouble of many settings and metrics is one line."""
        groups = list(failures.groupby(["clip", "reason"], sort=False))
        groups.sort(key=lambda group: -len(group[1]))
        for what, rows in groups[:FAILURES_SHOWN]:
            clip, reason = cast(tuple[str, str], what)
            where = ", ".join(_one_or_count(list(rows[key].unique()), f"{key}s") for key in ("setting", "metric"))
            self._out.print(Text(f"  {clip} ({where}): {reason}"))
        if len(groups) > FAILURES_SHOWN:
            self._out.print(Text(f"  and {len(groups) - FAILURES_SHOWN} more: see the records"))

    def results(self, results: Results) -> None:
        """The tables, what failed, and where everything is."""
        for table in results.tables:
            if table.rows and not any(cell.n for cell in table.rows[0].cells.values()):
                self._out.print(Text(f"{table.title}\n{table.subtitle}", style="bold red"))
                continue
            self._table(table)
            for note in table.notes:
                self._out.print(Text(f"  {note}"), style="dim")
        if results.failed:
            self._out.print(Text(f"{results.failed} scores failed:"), style="bold red")
            self._failures(results.failures)
        self._out.print(Text(f"records: {results.folder / 'records'}  run card: {results.folder / 'run.json'}"))
        self._out.print(Text(f"next: codecmark report {results.folder} --out report"))


def _one_or_count(names: Sequence[str], what: str) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} {what}"


def rendered(table: Table, columns: Sequence[Column]) -> rich.table.Table:
    """Some columns of a comparison as a rich table: by bit rate, best in bold, `n/N` where it is not complete."""
    shown = rich.table.Table(box=rich.box.SIMPLE_HEAD, pad_edge=False)
    shown.add_column("setting", no_wrap=True, vertical="bottom")
    shown.add_column("nominal\nkbps", justify="right", no_wrap=True)
    for column in columns:
        unit = f"\n{column.unit}" if column.unit else ""
        title = column.title.replace(" (", "\n(")  # what is in brackets would make a narrow column wide
        shown.add_column(Text(f"{title}{column.arrow}{unit}"), justify="right", no_wrap=True)
    for row in table.rows:
        nominal = row.setting["kbps"]
        apart = f" ({row.apart})" if row.apart else ""
        cells = [_cell(table, row, column.name, column.decimals) for column in columns]
        shown.add_row(Text(row.id + apart), "" if nominal is None else f"{nominal:.4g}", *cells)
    return shown


def _cell(table: Table, row: Row, name: str, decimals: int) -> Text:
    cell = row.cells[name]
    style = "bold" if table.is_best(row, name) else "dim" if cell.value is None else ""
    return Text(cell.text(decimals), style=style)
