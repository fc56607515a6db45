"""`codecmark publish`: a static site of one run or several that opens from the disk, offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from codecmark.publish import assets, cells, commands, facts, figures, rate_plots, setting_pages, survey, timeline
from codecmark.publish.formats import NOTATION, nominal, save
from codecmark.publish.page_frame import frame
from codecmark.publish.players import BUDGET_MB
from codecmark.publish.runs import Loaded, load
from codecmark.publish.sections import PublishedRow, Section, published, sections
from codecmark.publish.survey_table import SurveyTable
from codecmark.results.tables import Row

TITLE = "Audio codecs, measured"
ROOMY = 24
"""Rows that may stand without a frame of their own, in which the headings stay in sight."""


def publish(runs: Sequence[Path], out: Path, audio_mb: float = BUDGET_MB) -> list[Path]:
    """Writes OUT/index.html with each task of each run folder, and a page for each setting; gives the paths written.

    A page of a setting holds up to `audio_mb` of audio; more is copied beside it, to OUT/audio. Raises `StoreError`
    for a folder that holds no run, `ContentError` for a broken file in reports/, `UsageError` when `out` cannot be
    written.
    """
    loaded = [load(run) for run in runs]
    addresses = setting_pages.addresses(loaded)
    written = [save(out / "index.html", page(loaded, addresses, survey_part(max(loaded, key=_of_the_survey))))]
    for number, (folder, run) in enumerate(zip(runs, loaded, strict=True)):
        written += setting_pages.write(folder, run, setting_pages.place(out, addresses[number], number, audio_mb))
    return written


@dataclass(frozen=True, slots=True)
class SurveyPart:
    """The survey's tables beside a run, its timeline, and what others have published of its settings."""

    run: Loaded
    tables: tuple[SurveyTable, ...]
    pictures: Mapping[str, Markup]
    published: SurveyTable
    published_rows: tuple[PublishedRow, ...]


def survey_part(run: Loaded) -> SurveyPart:
    """The facts of reports/ with the run beside them."""
    tables = survey.survey_tables(run)
    codecs = next(table for table in tables if table.name == "tab01-codecs")
    narrow, rows = published(codecs)
    title = next(table.title for table in tables if table.name == "timeline")
    picture = figures.inline(timeline.draw(facts.timeline()), "timeline", title)
    return SurveyPart(run, tuple(tables), {"timeline": Markup(picture)}, narrow, tuple(rows))


def page(
    runs: Sequence[Loaded], addresses: Sequence[Mapping[str, str]] | None = None, about: SurveyPart | None = None
) -> str:
    """The index, whole; without addresses of the settings' pages nothing on it leads to them."""
    found = sections(runs, addresses or [{} for _ in runs])
    return (
        _environment()
        .get_template("page.html")
        .render(
            **frame(),
            title=TITLE,
            runs=runs,
            sections=found,
            survey=about,
            choices=_choices(found, about),
        )
    )


def _choices(found: Sequence[Section], about: SurveyPart | None) -> dict[str, list[Any]]:
    """What the filters offer: the families and the sample rates that some row has."""
    settings = [row.setting for section in found for row in section.table.rows]
    others = about.published_rows if about else ()
    families = {setting["card"]["family"] for setting in settings} | {row.family for row in others}
    rates = {setting["sample_rate"] for setting in settings} | {int(row.sample_rate) for row in others}
    return {"families": sorted(families, key=str.casefold), "rates": sorted(rate for rate in rates if rate)}


def row_kbps(row: Row) -> str:
    """The nominal bit rate as a number to sort and to filter by; nothing where there is none."""
    kbps = row.setting["kbps"]
    return "" if kbps is None else repr(float(kbps))


def _environment() -> jinja2.Environment:
    environment = assets.environment()
    environment.globals.update(
        nominal=nominal,
        sort_value=cells.sort_value,
        row_kbps=row_kbps,
        explained=cells.explained,
        breakable=cells.breakable,
        marks=cells.marks,
        roomy=ROOMY,
        of_row=commands.of_row,
        own=commands.own,
        measured_by=cells.measured_by,
        notation=NOTATION,
        survey_notation=survey.NOTATION,
        plot=rate_plots,
    )
    return environment


def _of_the_survey(run: Loaded) -> int:
    """How many rows of a run are settings of the survey: its tables stand beside the run that has most."""
    return sum(row.setting["survey_id"] is not None for table in run.tables for row in table.rows)
