"""Lanes on this machine: one or several give the same rows; what one does wrong is told in a line."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from codecmark import run
from codecmark.core.contracts import Lane, LaneReport, Reports
from codecmark.core.errors import CodecmarkError, StoreError
from codecmark.executors import local
from codecmark.harness import plan

Words = Sequence[str]


def says(words: Words) -> Reports:
    for word in words:
        yield LaneReport(lane=0, what=f"{word} of {os.getpid()}", done=1)


def refuses(message: str) -> Reports:
    yield LaneReport(lane=0, what="so far so good")
    raise StoreError(message)


def threads_of(lane: int) -> Reports:
    yield LaneReport(lane=lane, what=f"lane {lane}: {os.environ.get('OMP_NUM_THREADS')}")


def dies(number: int) -> Reports:
    yield LaneReport(lane=0, what="so far so good")
    os.kill(os.getpid(), number)


FUNCTIONS = (says, refuses, dies, threads_of)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a lane's process finds the functions above."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    for function in FUNCTIONS:
        monkeypatch.setattr(function, "__module__", "test_local")
    import test_local

    for function in FUNCTIONS:
        monkeypatch.setattr(test_local, function.__name__, function)


def test_one_lane_runs_in_this_process() -> None:
    (report,) = local.LocalExecutor().run([Lane(0, "cpu", partial(says, ["hello"]))])
    assert report.what == f"hello of {os.getpid()}"


def test_several_lanes_run_in_processes_of_their_own() -> None:
    lanes = [Lane(index, "cpu", partial(says, [f"lane {index}"] * 2)) for index in range(2)]
    reports = [report.what.split(" of ") for report in local.LocalExecutor().run(lanes)]
    assert sorted(word for word, _ in reports) == ["lane 0", "lane 0", "lane 1", "lane 1"]
    assert len({pid for _, pid in reports} | {str(os.getpid())}) == 3


def test_lanes_on_the_cpu_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 9)
    lanes = [Lane(index, "cpu", partial(threads_of, index)) for index in range(2)]
    assert sorted(report.what for report in local.LocalExecutor().run(lanes)) == ["lane 0: 4", "lane 1: 4"]
    elsewhere = [replace(lane, device=f"cuda:{lane.index}") for lane in lanes]
    assert sorted(report.what for report in local.LocalExecutor().run(elsewhere)) == ["lane 0: None", "lane 1: None"]
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert sorted(report.what for report in local.LocalExecutor().run(lanes)) == ["lane 0: 7", "lane 1: 7"]


def test_what_a_lane_refuses_is_raised_here_and_the_others_stop() -> None:
    lanes = [Lane(0, "cpu", partial(refuses, "no space")), Lane(1, "cpu", partial(says, ["hello"] * 3))]
    with pytest.raises(CodecmarkError, match=r"^no space$"):
        list(local.LocalExecutor().run(lanes))
    assert psutil.Process().children() == []


def test_a_lane_that_dies_says_so_and_the_others_go_on() -> None:
    lanes = [Lane(0, "cpu", partial(dies, signal.SIGKILL)), Lane(1, "cpu", partial(says, ["hello"] * 3))]
    reports = list(local.LocalExecutor().run(lanes))
    assert [report.error for report in reports if report.error] == [
        "lane 0 ended by SIGKILL: run the same command again"
    ]
    assert sum(report.what.startswith("hello") for report in reports) == 3


def test_closing_stops_the_lanes() -> None:
    lanes = [Lane(index, "cpu", partial(says, ["hello"] * 10_000)) for index in range(2)]
    reports = local.LocalExecutor().run(lanes)
    next(reports)
    children = psutil.Process().children()
    assert len(children) == 2
    reports.close()
    assert not any(child.is_running() for child in children)


def test_two_lanes_measure_what_one_does(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both on the CPU, with shards of two clips, so that both have something to do."""
    bench.add(**{f"clip{index}": voice(0.6 + 0.1 * index, seed=index) for index in range(5)})
    task = bench.task(metrics=["kbps", "si_sdr", "mel_cs"], models=["opus/12", "mulaw/8khz", "identity"])
    options: dict[str, Any] = {"workers": 2, "device": "cpu", "offline": True}
    run(task, out=tmp_path / "one", **options)
    monkeypatch.setattr(plan, "SHARD_CLIPS", 2)
    results = run(task, out=tmp_path / "two", **{**options, "device": "cpu,cpu"})
    assert results.failed == 0
    one, two = rows(tmp_path / "one"), rows(tmp_path / "two")
    assert one.keys() == two.keys()
    for key, row in one.items():
        assert two[key]["value"] == pytest.approx(row["value"], abs=1e-6) if row["value"] is not None else True
        assert {name: two[key][name] for name in ("status", "output_key", "metric_key", "output_sha256")} == {
            name: row[name] for name in ("status", "output_key", "metric_key", "output_sha256")
        }
    assert len(list((tmp_path / "two" / "records").iterdir())) == 9  # three shards of three settings


def test_a_lane_that_cannot_write_ends_the_run(
    bench: Any, voice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.add(a=voice(), b=voice(seed=1))
    monkeypatch.setattr(plan, "SHARD_CLIPS", 1)
    audio = tmp_path / "out" / "audio" / "bench"
    audio.mkdir(parents=True)
    (audio / "identity").write_text("a file where a folder should be")
    with pytest.raises(CodecmarkError, match=r"cannot write .*identity.*flac"):
        run(bench.task(), out=tmp_path / "out", device="cpu,cpu", keep_audio=True)
    assert psutil.Process().children() == []
