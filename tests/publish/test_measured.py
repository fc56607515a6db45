"""The scores of a run in Tab.01: in their rows, in words where there is none, and never mixed."""

from __future__ import annotations

from typing import Any

from codecmark.core.scores import Failure, NotApplicable, Unavailable
from codecmark.publish import facts
from codecmark.publish.runs import load
from codecmark.publish.survey import survey_tables
from codecmark.publish.survey_table import Measured, State, SurveyCell, SurveyTable


def tab01(run: Any) -> SurveyTable:
    return survey_tables(load(run.write()))[0]


def cells(table: SurveyTable) -> list[SurveyCell]:
    return [cell for row in table.rows for cell in row.cells]


def test_without_a_model_of_the_survey_nothing_is_measured(run: Any) -> None:
    run.answers(run.setting("opus"), run.metric("pesq_wb"), 1.0, 2.0, 3.0, 4.0)
    table = tab01(run)
    states = [cell for cell in cells(table) if isinstance(cell, State)]
    assert len(states) == 19 * len(facts.codecs().measured)
    assert {state.text for state in states} == {"not measured"}
    assert not [note for note in table.notes.footnotes if "Measured in run" in note.text]


def test_the_scores_of_a_run_stand_in_their_rows(run: Any) -> None:
    pesq, rtf = run.metric("pesq_wb", title="PESQ-WB"), run.metric("decode_rtf", higher=False, place="timing")
    e1, e2 = run.setting("encodec", "2", survey_id="E1"), run.setting("encodec", "4", survey_id="E2")
    run.answers(e1, pesq, 1.0, 2.0, 3.0, 4.0)
    run.answers(e2, pesq, 5.0, 5.0, 5.0, Failure("score", "broken", "it broke"))
    run.answer(e1, rtf, "a", 0.5)
    run.answers(run.setting("opus"), pesq, 4.9, 4.9, 4.9, 4.9)
    d1 = run.setting("dac", "1", survey_id="D1", weights="missing")
    run.answers(d1, pesq, *[Unavailable("weights 'dac' are missing (codecmark download dac)")] * 4)
    d2 = run.setting("dac", "2", survey_id="D2", weights="random")
    run.answers(d2, pesq, *[NotApplicable("random weights")] * 4)
    run.answer(d2, rtf, "a", 0.1)
    table = tab01(run)
    found = {row.id: dict(zip([column.name for column in table.columns], row.cells, strict=True)) for row in table.rows}
    assert found["E1"]["pesq_wb"].text == "2.50"
    assert found["E2"]["pesq_wb"].text == "5.00 (3/4)"
    assert found["D1"]["pesq_wb"] == State(
        text="weights missing", reason="weights 'dac' are missing (codecmark download dac)"
    )
    assert found["D1"]["stoi"].text == "weights missing"
    assert found["D2"]["pesq_wb"].text == "random weights"
    assert found["D2"]["decode_rtf"].text == "0.10 (random weights)"
    assert found["E2"]["decode_rtf"].text == "not measured"
    assert [id_ for id_, row in found.items() if getattr(row["decode_rtf"], "best", False)] == []
    headings = {column.name: (column.title, marks) for column, marks in table.headings()}
    notes = {note.number: note.text for note in table.notes.footnotes}
    assert headings["pesq_wb"][0] == "PESQ-WB"
    assert "Toy corpus: 4 clips" in notes[headings["pesq_wb"][1][0]]
    assert "a processor, 2 cores" in notes[headings["decode_rtf"][1][1]]


def test_the_best_is_among_complete_rows_of_the_survey_that_compete(run: Any) -> None:
    metric = run.metric("pesq_wb")
    for name, id_, value in (("1", "E1", 1.0), ("2", "E2", 2.0), ("3", None, 3.0)):
        run.answers(run.setting("encodec", name, survey_id=id_), metric, *[value] * 4)
    run.answers(run.setting("dac", survey_id="D1", weights="random"), metric, *[9.0] * 4)
    table = tab01(run)
    assert [cell.setting for cell in cells(table) if isinstance(cell, Measured) and cell.best] == ["encodec/2"]


def test_a_column_takes_the_score_that_the_run_has_and_says_which(run: Any) -> None:
    metric = run.metric("wer_pocketsphinx", higher=False, title="WER (PocketSphinx)")
    run.answers(run.setting("encodec", survey_id="E1"), metric, 0.1, 0.2, 0.3, 0.4)
    table = tab01(run)
    assert "WER (PocketSphinx)" in [column.title for column in table.columns]
    assert "wer" not in [column.name for column in table.columns]
