"""`codecmark report`: the tables of a run for a paper, and the plot of quality over bit rate, as files."""

from __future__ import annotations

from pathlib import Path

from codecmark.publish import figures, leaderboard
from codecmark.publish.formats import as_csv, as_markdown, file_name, save
from codecmark.publish.latex import as_latex
from codecmark.results.tables import Table


def report(run: Path, out: Path) -> list[Path]:
    """Writes TASK.md, .csv, .tex, .html, .svg and .png for each task of a run folder; gives their paths.

    There is no plot where nothing has both a bit rate and a score of quality. Raises `StoreError` for a folder that
    holds no run, `UsageError` when `out` cannot be written.
    """
    loaded = leaderboard.load(run)
    written = []
    for table in loaded.tables:
        written += _write(table, out)
        page = leaderboard.page([leaderboard.Loaded(run.name, loaded.card, (table,))])
        written.append(save(out / f"{file_name(table.task)}.html", page))
    return written


def _write(table: Table, out: Path) -> list[Path]:
    name = file_name(table.task)
    figure = figures.rate_quality(table)
    picture = f"{file_name(name)}.svg" if figure else None  # an address is encoded once more than a name
    written = [
        save(out / f"{name}.md", as_markdown(table, picture)),
        save(out / f"{name}.csv", as_csv(table)),
        save(out / f"{name}.tex", as_latex(table)),
    ]
    if figure is not None:
        written += [
            save(out / f"{name}.svg", figures.svg(figure)),
            save(out / f"{name}.png", figures.png(figure)),
        ]
    return written
