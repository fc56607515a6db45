"""A codec language model in the same house: the same run, records and tables serve Request -> Response."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codecmark import run

pytestmark = pytest.mark.usefixtures("plug_ins")


def measure(*tasks: str, out: Path, **options: Any) -> Any:
    return run(*tasks, **{"out": out, "workers": 1, "device": "cpu", "offline": True, **options})


def test_its_task_comes_with_it_and_fills_the_same_table(tmp_path: Path, rows: Any) -> None:
    results = measure("echo", out=tmp_path / "out")
    assert results.failed == 0
    found = rows(tmp_path / "out")
    assert {(key[0], key[2], row["status"]) for key, row in found.items()} == {
        ("echo/copy", "stoi", "ok"),
        ("echo/copy", "si_sdr", "not_applicable"),
        ("echo/copy", "kbps", "ok"),
        ("echo/copy", "encode_rtf", "not_applicable"),
        ("echo/copy", "decode_rtf", "ok"),
    }
    (table,) = results.tables
    (row,) = table.rows
    assert [column.name for column in table.columns] == ["stoi", "si_sdr", "kbps", "encode_rtf", "decode_rtf"]
    assert row.cells["stoi"].text(3) == "1.000"
    assert (row.cells["stoi"].n_ok, row.cells["stoi"].n) == (3, 3)
    assert row.cells["si_sdr"].text(2) == "∞"
    assert row.cells["kbps"].value == pytest.approx(1.6, rel=1e-3)  # it sends a byte for every 80 samples of 16 kHz
    assert row.cells["encode_rtf"].text(2) == "n/a"
    assert (row.kbps, row.ranked) == (row.cells["kbps"].value, True)


def test_a_second_time_it_is_there_already(tmp_path: Path) -> None:
    measure("echo", out=tmp_path / "out", metrics="kbps")
    before = sorted((tmp_path / "out" / "records").iterdir())
    measure("echo", out=tmp_path / "out", metrics="kbps")
    assert sorted((tmp_path / "out" / "records").iterdir()) == before


def test_codecs_and_language_models_do_not_do_each_others_acts(
    bench: Any, voice: Any, tmp_path: Path, rows: Any
) -> None:
    bench.add(a=voice())
    results = measure(
        "echo",
        bench.task(dataset="starter"),
        out=tmp_path / "out",
        codecs="echo/copy,identity",
        metrics="kbps",
        limit=1,
    )
    assert results.failed == 0
    import pyarrow.parquet as pq

    table = pq.read_table(tmp_path / "out" / "records").to_pylist()
    assert {(row["task"], row["setting"]): (row["status"], row["reason"]) for row in table} == {
        ("echo", "echo/copy"): ("ok", ""),
        ("echo", "identity/pcm"): ("not_applicable", "identity does not do SE"),
        ("bench", "echo/copy"): ("not_applicable", "echo does not do resynthesis"),
        ("bench", "identity/pcm"): ("ok", ""),
    }
    assert [table.task for table in results.tables] == ["echo", "bench"]


def test_an_act_it_does_not_do_is_not_applicable(bench: Any, tmp_path: Path, rows: Any) -> None:
    task = bench.task(dataset="starter", act="TTS", models=["echo"], metrics=["stoi"], selection={"limit": 1})
    assert measure(task, out=tmp_path / "out").failed == 0
    reasons = {(row["status"], row["reason"]) for row in rows(tmp_path / "out").values()}
    assert reasons == {("not_applicable", "echo does not do TTS")}


def test_an_answer_of_another_length_and_a_clip_without_text(bench: Any, voice: Any, tmp_path: Path, rows: Any) -> None:
    """`half` answers too briefly; a continuation needs a text, which one clip has not. Each costs only itself."""
    bench.add(told=voice(), silent=voice(seed=1))
    (bench.clips / "told.txt").write_text("the words of it")
    task = bench.task(act="AC", models=["echo"], metrics=["kbps"])
    assert measure(task, out=tmp_path / "out").failed == 3
    found = {key[:2]: (row["status"], row["kind"]) for key, row in rows(tmp_path / "out").items()}
    assert found == {
        ("echo/copy", "told.wav"): ("ok", ""),
        ("echo/copy", "silent.wav"): ("failed", "incomplete_request"),
        ("echo/half", "told.wav"): ("failed", "wrong_length"),
        ("echo/half", "silent.wav"): ("failed", "incomplete_request"),
    }
    (reason,) = {row["reason"] for row in rows(tmp_path / "out").values() if row["kind"] == "incomplete_request"}
    assert reason == "read: AC needs 'text', which 'silent.wav' has not"


def test_no_model_is_opened_for_requests_that_lack_what_their_act_needs(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.add(silent=voice())
    monkeypatch.setattr("codecmark.harness.lane.open_model", lambda *given: pytest.fail("opened"))
    task = bench.task(act="AC", models=["echo/copy"], metrics=["kbps", "decode_rtf"])
    assert measure(task, out=tmp_path / "out").failed == 2
    assert {row["kind"] for row in rows(tmp_path / "out").values()} == {"incomplete_request"}


def test_it_is_listed(cli: Any) -> None:
    listed = cli("list", "lms").out.splitlines()
    acts = {line.split()[0]: line.split()[2] for line in listed[1:]}
    assert (acts["echo/copy"], acts["echo/half"]) == ("AC,SE", "AC,SE")
    assert any(line.startswith("echo ") for line in cli("list", "tasks").out.splitlines())
