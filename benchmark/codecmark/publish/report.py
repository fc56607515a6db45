"""`codecmark report`: the tables of a run for a paper, the survey's beside it, and plots, as files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from codecmark.publish import facts, figures, leaderboard, survey_formats, survey_latex, survey_page, timeline
from codecmark.publish.formats import as_csv, as_markdown, file_name, save
from codecmark.publish.latex import as_latex
from codecmark.publish.runs import Loaded, load
from codecmark.publish.survey import survey_tables
from codecmark.results.tables import Table

SURVEY = "survey"
"""The folder of the survey's tables, so that no task can have the name of one."""


def report(run: Path, out: Path) -> list[Path]:
    """Writes TASK.md, .csv, .tex, .html, .svg and .png for each task of a run folder, and survey/; gives the paths.

    There is no plot where nothing has both a bit rate and a score of quality. Raises `StoreError` for a folder that
    holds no run, `ContentError` for a broken file in reports/, `UsageError` when `out` cannot be written.
    """
    loaded = load(run)
    written = []
    for table in loaded.tables:
        written += _write(table, out)
        page = leaderboard.page([replace(loaded, tables=(table,))])
        written.append(save(out / f"{file_name(table.task)}.html", page))
    return written + _write_survey(loaded, out / SURVEY)


def _write(table: Table, out: Path) -> list[Path]:
    name = file_name(table.task)
    figure = figures.rate_quality(table)
    picture = f"{file_name(name)}.svg" if figure else None  # an address is encoded once more than a name
    written = [
        save(out / f"{name}.md", as_markdown(table, picture)),
        save(out / f"{name}.csv", as_csv(table)),
        save(out / f"{name}.tex", as_latex(table)),
    ]
    return written + (_draw(figure, out / name) if figure else [])


def _write_survey(run: Loaded, out: Path) -> list[Path]:
    """Each table of the survey as Markdown, CSV and LaTeX, the timeline as a picture, all of it as one page."""
    tables = survey_tables(run)
    figure = timeline.draw(facts.timeline())
    written = []
    for table in tables:
        picture = "timeline.svg" if table.name == "timeline" else None
        written += [
            save(out / f"{table.name}.md", survey_formats.as_markdown(table, picture)),
            save(out / f"{table.name}.csv", survey_formats.as_csv(table)),
            save(out / f"{table.name}.tex", survey_latex.as_latex(table)),
        ]
    written += _draw(figure, out / "timeline")
    svg = figures.inline(figure, "timeline", next(table.title for table in tables if table.name == "timeline"))
    return [*written, save(out / "survey.html", survey_page.page(tables, {"timeline": svg}))]


def _draw(figure: Figure, path: Path) -> list[Path]:
    """The figure as SVG and PNG. A dot in the name is not the beginning of a suffix."""
    return [
        save(path.with_name(f"{path.name}.svg"), figures.svg(figure)),
        save(path.with_name(f"{path.name}.png"), figures.png(figure)),
    ]
