"""The scores of a run for the rows of Tab.01: each column from one task, and in words where there is no score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from codecmark.publish import commands
from codecmark.publish.facts import MeasuredFacts, NoteFacts
from codecmark.publish.runs import Loaded
from codecmark.publish.survey_table import HEADING, Measured, State, SurveyColumn
from codecmark.results.tables import Row, Table

GROUP = "Measured here"
NOT_MEASURED = State(text="not measured")


@dataclass(frozen=True, slots=True)
class MeasuredColumn:
    """A column with its cell for each row of the survey; `task` is where the run has it, if it does."""

    column: SurveyColumn
    cells: Mapping[str, Measured | State]
    task: Table | None


def measured(run: Loaded, wanted: Sequence[MeasuredFacts], ids: Sequence[str]) -> list[MeasuredColumn]:
    """The wanted columns for the settings whose `survey_id` is one of `ids`."""
    lacking = {id_: state for id_ in ids if (state := _lacking(run, id_)) is not None}
    return [_column(run, facts, ids, lacking) for facts in wanted]


def notes(run: Loaded, columns: Sequence[MeasuredColumn]) -> list[NoteFacts]:
    """On what each column that has a score was measured, and timings on which device."""
    found = []
    scored = [one for one in columns if any(isinstance(cell, Measured) for cell in one.cells.values())]
    for task in run.tables:
        of_task = [one.column.name for one in scored if one.task is task]
        material = " Synthetic material: good for trying things out, not for judging codecs." * task.synthetic
        text = f"Measured in run '{run.name}', {task.title}; {task.subtitle}.{material}"
        if of_task:
            found.append(NoteFacts(text=text, at=tuple(f"{HEADING}.{name}" for name in of_task)))
    timed = [one.column.name for one in scored if one.column.name.endswith("_rtf")]
    if timed:
        text = f"Seconds of computing per second of audio, on {'; '.join(run.devices)}."
        found.append(NoteFacts(text=text, at=tuple(f"{HEADING}.{name}" for name in timed)))
    return found


def _lacking(run: Loaded, id_: str) -> State | None:
    """What the run says of the weights of a survey row, where they are missing."""
    rows = [row for table in run.tables for row in _rows(table).get(id_, [])]
    if not rows or any(row.setting["weights"]["state"] != "missing" for row in rows):
        return None
    reasons = (cell.reason for row in rows for cell in row.cells.values() if cell.state == "unavailable")
    return State(text="weights missing", reason=next(reasons, ""))


def _rows(table: Table) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in table.rows:
        if row.setting["survey_id"] is not None:
            found.setdefault(row.setting["survey_id"], []).append(row)
    return found


def _column(run: Loaded, facts: MeasuredFacts, ids: Sequence[str], lacking: Mapping[str, State]) -> MeasuredColumn:
    empty: dict[str, Measured | State] = {id_: lacking.get(id_, NOT_MEASURED) for id_ in ids}
    have = [(score, table) for score in facts.scores for table in run.tables if _has(table, score)]
    if not have:
        column = SurveyColumn(name=facts.scores[0], title=facts.title, kind="measured", group=GROUP, numeric=True)
        return MeasuredColumn(column, empty, None)
    score, table = max(have, key=lambda one: _filled(one[1], one[0], ids))
    about = next(column for column in table.columns if column.name == score)
    column = SurveyColumn(
        name=score,
        title=about.title,
        kind="measured",
        group=GROUP,
        unit=about.unit,
        arrow=about.arrow,
        numeric=True,
        command=commands.of_column(run, table.task, score),
    )
    return MeasuredColumn(column, {**empty, **_cells(table, score, ids, lacking)}, table)


def _has(table: Table, score: str) -> bool:
    return any(column.name == score for column in table.columns)


def _filled(table: Table, score: str, ids: Sequence[str]) -> int:
    rows = _rows(table)
    return sum(any(row.cells[score].value is not None for row in rows.get(id_, [])) for id_ in ids)


def _cells(table: Table, score: str, ids: Sequence[str], lacking: Mapping[str, State]) -> dict[str, Measured | State]:
    rows = _rows(table)
    chosen = {id_: _first_scored(rows[id_], score) for id_ in ids if id_ in rows}
    among = replace(table, rows=tuple(chosen.values()))
    return {id_: _cell(among, row, score, lacking.get(id_, NOT_MEASURED)) for id_, row in chosen.items()}


def _first_scored(rows: Sequence[Row], score: str) -> Row:
    """Of several settings that are one row of the survey, the first that has a value."""
    return next((row for row in rows if row.cells[score].value is not None), rows[0])


def _cell(table: Table, row: Row, score: str, otherwise: State) -> Measured | State:
    cell = row.cells[score]
    random = row.setting["weights"]["state"] == "random"
    if cell.value is not None:
        column = next(column for column in table.columns if column.name == score)
        best = table.is_best(row, score)
        return Measured(cell=cell, column=column, setting=row.id, best=best, random=random)
    if random and cell.state == "not_applicable":
        return State(text="random weights", reason=cell.reason)
    if cell.state == "missing" or otherwise is not NOT_MEASURED:
        return otherwise
    return State(text=cell.text(0), reason=cell.reason)
