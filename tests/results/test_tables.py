"""Tables: what a cell stands on, what is best, and what must never be averaged or ranked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from codecmark.core.scores import Failure, NotApplicable, Score, Unavailable
from codecmark.results.store import Store
from codecmark.results.tables import Cell, Table, tables

CRASH = Failure("score", "crash", "the worker died")


def cell(table: Table, setting: str, metric: str) -> Cell:
    return next(row for row in table.rows if row.id == setting).cells[metric]


def test_the_mean_weighs_clips_by_their_weight(run: Any) -> None:
    a, wer = run.setting("codec"), run.metric("wer", higher=False)
    run.answers(a, wer, Score(0.5, 2), Score(0.0, 8), Score(1.0, 1), Score(0.2, 5))
    found = cell(run.table(), a, wer)
    assert found.value == pytest.approx((1 + 0 + 1 + 1) / 16)  # wrong words over reference words
    assert (found.n_ok, found.n, found.state) == (4, 4, "ok")


def test_a_median_column_ignores_the_outlier(run: Any) -> None:
    a, rtf = run.setting("codec"), run.metric("rtf", higher=False, aggregate="median")
    run.answers(a, rtf, 1.0, 2.0, 4.0, 1000.0)
    found = cell(run.table(), a, rtf)
    assert (found.value, found.low, found.high) == (3.0, 1.75, 253.0)


def test_a_clip_that_was_run_several_times_counts_with_every_run(run: Any) -> None:
    a, rtf = run.setting("codec"), run.metric("rtf", higher=False, aggregate="median", place="timing")
    run.answer(a, rtf, "a", Score(2.0, detail={"runs": [1.0, 2.0, 9.0, 1.0, 2.0]}))
    found = cell(run.table(), a, rtf)
    assert (found.value, found.low, found.high, found.n_ok) == (2.0, 1.0, 2.0, 1)


def test_a_timing_column_expects_the_timed_clips_only(run: Any) -> None:
    a, rtf = run.setting("codec"), run.metric("rtf", higher=False, place="timing")
    run.answer(a, rtf, "a", 0.5)
    assert cell(run.table(), a, rtf).text(2) == "0.50"


def test_a_failure_is_counted_and_never_averaged(run: Any) -> None:
    a, pesq = run.setting("codec"), run.metric("pesq")
    run.answers(a, pesq, 2.0, CRASH, 4.0, CRASH)
    table = run.table()
    found = cell(table, a, pesq)
    assert (found.value, found.n_ok, found.n, found.n_failed, found.state) == (3.0, 2, 4, 2, "partial")
    assert found.text(2) == "3.00 (2/4)"
    assert found.reason == "score: the worker died"
    assert any(note.startswith("2 scores failed") for note in table.notes)


def test_a_score_that_is_not_finite_is_a_failure(run: Any) -> None:
    a, pesq = run.setting("codec"), run.metric("pesq")
    run.answers(a, pesq, 2.0, float("nan"), float("inf"), 2.0)
    assert cell(run.table(), a, pesq).text(1) == "2.0 (2/4)"


def test_nothing_but_failures_has_no_number(run: Any) -> None:
    a, pesq = run.setting("codec"), run.metric("pesq")
    run.answers(a, pesq, *[CRASH] * 4)
    assert cell(run.table(), a, pesq).text(2) == "failed (0/4)"


def test_what_does_not_apply_leaves_n(run: Any) -> None:
    a, pesq = run.setting("codec"), run.metric("pesq")
    music = NotApplicable("PESQ has no meaning for music")
    run.answers(a, pesq, 2.0, music, 3.0, music)
    found = cell(run.table(), a, pesq)
    assert (found.n_ok, found.n, found.text(1)) == (2, 2, "2.5")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (NotApplicable("identical"), "∞"),
        (NotApplicable("not trusted: the waveforms' largest correlation is 0.09"), "untrusted"),
        (NotApplicable("has no meaning for music"), "n/a"),
        (Unavailable("weights are missing: run 'codecmark download toy'"), "unavailable"),
    ],
)
def test_states_are_shown_in_words(run: Any, answer: Any, text: str) -> None:
    a, metric = run.setting("codec"), run.metric("m")
    run.answers(a, metric, *[answer] * 4)
    found = cell(run.table(), a, metric)
    assert found.value is None
    assert found.text(2) == text


def test_a_value_trusted_for_one_clip_in_four_is_not_shown(run: Any) -> None:
    a, b, lag = run.setting("vocoder"), run.setting("coder"), run.metric("lag", higher=None)
    doubt = NotApplicable("not trusted: two peaks are alike")
    run.answers(a, lag, -39.0, doubt, doubt, doubt)
    run.answers(b, lag, 0.0, 0.0, 0.0, doubt)
    table = run.table()
    assert cell(table, a, lag).text(0) == "untrusted"
    assert cell(table, b, lag).text(0) == "0 (3/4)"


def test_how_to_get_what_is_unavailable_is_noted_once(run: Any) -> None:
    metric = run.metric("m")
    for model in ("x", "y"):
        run.answers(run.setting(model), metric, *[Unavailable("run 'codecmark download w'")] * 4)
    assert run.table().notes == ("unavailable: run 'codecmark download w'",)


def test_a_later_attempt_supersedes_in_whatever_order_they_were_written(run: Any) -> None:
    a, pesq = run.setting("codec"), run.metric("pesq")
    run.answer(a, pesq, "a", 3.0, attempt=2)
    run.answer(a, pesq, "a", CRASH, attempt=1)
    run.answers(a, pesq, CRASH, 3.0, 3.0, 3.0)
    assert cell(run.table(), a, pesq).text(1) == "3.0"


def test_rows_of_clips_that_the_task_no_longer_has_do_not_count(run: Any) -> None:
    a, pesq = run.setting("codec"), run.metric("pesq")
    run.answers(a, pesq, 2.0, 2.0, 2.0, 2.0)
    run.answer(a, pesq, "gone", CRASH)
    table = run.table()
    assert cell(table, a, pesq).text(1) == "2.0"
    assert table.notes == ()


def test_what_was_not_measured_yet_is_missing(run: Any) -> None:
    a, pesq = run.setting("codec"), run.metric("pesq")
    assert cell(run.table(), a, pesq) == Cell(state="missing", n=4, reason="not measured yet")


def test_best_is_of_complete_rows_that_compete(run: Any) -> None:
    pesq, mel = run.metric("pesq"), run.metric("mel", higher=False)
    values = {
        run.setting("anchor", kind="anchor"): 4.7,
        run.setting("demonstration", kind="demonstration"): 4.6,
        run.setting("random", weights="random"): 4.5,
        run.setting("partial"): 4.4,
        run.setting("good"): 3.001,
        run.setting("tie"): 3.002,
        run.setting("poor"): 2.0,
    }
    for setting, value in values.items():
        run.answers(setting, pesq, value, value, value, CRASH if setting.startswith("partial") else value)
        run.answers(setting, mel, *[5 - value] * 4)
    table = run.table()
    assert {row.id for row in table.rows if table.is_best(row, pesq)} == {"good/1", "tie/1"}
    assert {row.id for row in table.rows if table.is_best(row, mel)} == {"partial/1"}
    assert [(row.id, row.apart) for row in table.rows if not row.ranked] == [
        ("anchor/1", "anchor"),
        ("demonstration/1", "demonstration"),
        ("random/1", "random weights"),
    ]
    assert all(row.ranked for row in table.rows[:-3])  # whatever their bit rate, the others stand above them
    assert any("random" in note for note in table.notes)


def test_nothing_is_best_without_a_direction_or_a_rival(run: Any) -> None:
    lag, pesq = run.metric("lag", higher=None), run.metric("pesq")
    a, b = run.setting("a"), run.setting("b")
    for setting in (a, b):
        run.answers(setting, lag, 0.0, 0.0, 0.0, 0.0)
    run.answers(a, pesq, 4.0, 4.0, 4.0, 4.0)
    table = run.table()
    assert table.best(lag) is None
    assert table.best(pesq) is None


def test_rows_come_by_counted_bit_rate_and_the_nominal_one_where_none_was_counted(run: Any) -> None:
    kbps = run.metric("kbps", higher=None, quality=False)
    for model, nominal, counted in (("c", 6.0, 6.4), ("b", 6.2, None), ("d", None, None), ("a", 7.0, 6.1)):
        setting = run.setting(model, kbps=nominal)
        if counted:
            run.answers(setting, kbps, *[counted] * 4)
    assert [row.id for row in run.table().rows] == ["a/1", "b/1", "c/1", "d/1"]


def test_a_table_of_timings_speaks_of_the_clips_that_were_timed(run: Any) -> None:
    a, rtf = run.setting("codec"), run.metric("rtf", higher=False, place="timing")
    run.answer(a, rtf, "a", 0.5)
    card = run.card()
    card.tasks["toy"]["timing"] = {"clip_seconds": 10.0}
    latest = Store(run.write()).latest()
    assert tables(card, latest)[0].subtitle == "Toy corpus: 1 clip, 2 s, 1 speaker; timed at a length of 10 s"
    run.metric("pesq")
    both = run.card()
    both.tasks["toy"]["timing"] = {"clip_seconds": 10.0}
    assert tables(both, latest)[0].subtitle.endswith(
        "4 clips, 8 s, 1 speaker; scored at 16000 Hz, timed at a length of 10 s"
    )


def test_a_task_without_its_corpus_has_rows_that_say_so(run: Any) -> None:
    a, pesq = run.setting("codec"), run.metric("pesq")
    card = run.card()
    card.tasks["toy"] |= {"clips": [], "unavailable": "Toy corpus is not here: put it there"}
    (table,) = tables(card, Store(run.write()).latest())
    assert table.subtitle == "Toy corpus: not measured, Toy corpus is not here: put it there"
    assert cell(table, a, pesq).text(2) == "unavailable"
    assert "unavailable: Toy corpus is not here: put it there" in table.notes


def test_synthetic_material_is_said(run: Any) -> None:
    run.synthetic = True
    table = run.table()
    assert table.synthetic
    assert table.notes == ("Synthetic material: good for trying things out, not for judging codecs.",)
    assert table.subtitle == "Toy corpus: 4 clips, 8 s, 1 speaker; scored at 16000 Hz"


def test_a_flag_is_said_with_its_setting(run: Any) -> None:
    a, pesq = run.setting("codec"), run.metric("pesq")
    run.answers(a, pesq, 1.0, 2.0, 3.0, 4.0)
    run.records = [replace(record, flag="configuration assumed") for record in run.records]
    table = run.table()
    assert (cell(table, a, pesq).flagged, table.rows[0].flags) == (4, ("configuration assumed",))
    assert table.notes == ("codec 1 is flagged: configuration assumed",)


def test_minus_zero_is_printed_as_zero() -> None:
    assert Cell(state="ok", value=-0.001, n_ok=1, n=1).text(2) == "0.00"
