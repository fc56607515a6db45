"""A run from Python: options, progress, weights fetched, what run.json says, several tasks at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codecmark import Weights, WeightsFile, run
from codecmark.core import registry
from codecmark.core.contracts import LaneReport
from codecmark.core.errors import DataError, UsageError
from codecmark.datasets.folder import Folder
from codecmark.harness import lane
from codecmark.harness.devices import devices


class Listener:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.begun: list[tuple[int, int]] = []
        self.steps: list[LaneReport] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def begin(self, wanted: int, total: int) -> None:
        self.begun.append((wanted, total))

    def step(self, report: LaneReport) -> None:
        self.steps.append(report)


def measure(*tasks: str, out: Path, **options: Any) -> Any:
    return run(*tasks, **{"out": out, "workers": 1, "device": "cpu", "offline": True, **options})


def test_progress_counts_every_cell_once(bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice(), blink=voice(0.05))
    listener = Listener()
    task = bench.task(models=["identity", "opus/6"], metrics=["kbps", "stoi", "encode_rtf"])
    results = measure(task, out=tmp_path / "out", progress=listener)
    assert listener.begun == [(10, 10)]
    assert sum(report.done for report in listener.steps) == 10
    assert sum(report.failed for report in listener.steps) == results.failed == 2
    assert {report.what for report in listener.steps} == {
        f"{act} {setting}" for act in ("timed", "scored") for setting in ("identity/pcm", "opus/6")
    }
    assert all("STOI needs 30 frames" in reason for reason in results.failures["reason"])
    again = Listener()
    measure(task, out=tmp_path / "out", progress=again)
    assert (again.begun, again.steps) == ([(0, 10)], [])


def test_the_timing_pass_comes_first(bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice())
    listener = Listener()
    measure(bench.task(metrics=["kbps", "encode_rtf"], models=["opus"]), out=tmp_path / "out", progress=listener)
    acts = [report.what.split()[0] for report in listener.steps]
    assert acts == ["timed"] * 6 + ["scored"] * 6


def test_the_run_card_says_who_what_and_with_what(bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice(), b=voice(seed=1))
    measure(bench.task(models=["opus/6"]), out=tmp_path / "out")
    card = json.loads((tmp_path / "out" / "run.json").read_text())
    assert card["schema"] == 1
    (session,) = card["sessions"]
    assert session["status"] == "complete"
    assert session["finished"] >= session["started"]
    assert session["versions"].keys() >= {"codecmark", "torch", "numpy", "soxr"}
    assert {"host", "device", "device_name", "threads", "seed", "git", "python"} <= session.keys()
    task = card["tasks"]["bench"]
    assert [clip["id"] for clip in task["clips"]] == ["a.wav", "b.wav"]
    assert (task["rate"], task["settings"], task["metrics"]) == (16000, ["opus/6"], ["kbps", "si_sdr"])
    assert card["settings"]["opus/6"]["versions"].keys() == {"av"}
    assert card["metrics"]["si_sdr"]["higher_is_better"] is True


def test_several_tasks_fill_one_folder_and_have_a_table_each(bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice())
    narrow = bench.task(name="narrow", sample_rate=8000)
    results = measure(bench.task(), narrow, out=tmp_path / "out")
    assert [table.task for table in results.tables] == ["bench", "narrow"]
    assert [table.rows[0].cells["kbps"].value for table in results.tables] == [512.0, 256.0]
    only = measure(narrow, out=tmp_path / "out")
    assert [table.task for table in only.tables] == ["narrow"]


def test_options_stand_in_for_what_the_task_says(bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice(), b=voice(seed=1))
    results = measure(
        bench.task(), out=tmp_path / "out", codecs=["opus/6"], metrics=("kbps",), dataset="starter", limit=1
    )
    (table,) = results.tables
    assert [row.id for row in table.rows] == ["opus/6"]
    assert [column.name for column in table.columns] == ["kbps"]
    assert table.rows[0].cells["kbps"].n == 1
    assert table.synthetic


def test_a_clip_that_is_too_long_fails_naming_the_option(bench: Any, voice: Any, tmp_path: Path, rows: Any) -> None:
    """It is not even read; and once it is not too long any more it is measured, without being asked for again."""
    bench.add(a=voice(0.5), long=voice(1.5))
    task = bench.task(metrics=["kbps", "encode_rtf"], timing={"clips": 2}, max_clip_seconds=1.0)
    listener = Listener()
    assert measure(task, out=tmp_path / "out", progress=listener).failed == 2
    failed = {key[1:]: row for key, row in rows(tmp_path / "out").items() if row["status"] == "failed"}
    assert failed.keys() == {("long.wav", "kbps"), ("long.wav", "encode_rtf")}
    assert {(row["kind"], row["reason"]) for row in failed.values()} == {
        (
            "too_long",
            "read: 1.5 s are more than --max-clip-seconds 1: raise it where there is memory for a clip as a whole",
        )
    }
    assert json.loads((tmp_path / "out" / "run.json").read_text())["tasks"]["bench"]["max_clip_seconds"] == 1.0
    measure(task, out=tmp_path / "out", progress=listener)
    assert listener.begun == [(2, 4), (0, 4)]
    assert measure(task, out=tmp_path / "out", progress=listener, max_clip_seconds=2).failed == 0
    assert listener.begun[-1] == (2, 4)
    with pytest.raises(UsageError, match="--max-clip-seconds 0: give a number above 0"):
        measure(task, out=tmp_path / "out", max_clip_seconds=0)


def test_options_that_do_not_exist(bench: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="run has no option 'codec': it has codecs, codebooks, metrics"):
        run(bench.task(), codec="opus")
    with pytest.raises(UsageError, match="name a task"):
        run()


def test_a_selection_that_leaves_nothing(bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice())
    with pytest.raises(DataError, match="the selection leaves none of the 1 clips"):
        measure(bench.task(selection={"min_seconds": 60}), out=tmp_path / "out")


@pytest.mark.usefixtures("plug_ins")
def test_weights_are_fetched_unless_offline(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import needy_codec

    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "home"))
    source = tmp_path / "needy.bin"
    source.write_bytes(needy_codec.CONTENT)
    file: WeightsFile = replace(needy_codec.FILE, url=source.as_uri())
    weights: Weights = replace(needy_codec.WEIGHTS, files=(file,))
    monkeypatch.setattr(needy_codec, "WEIGHTS", weights)
    bench.add(a=voice())
    task = bench.task(models=["needy/strict"], metrics=["kbps"])
    listener = Listener()
    measure(task, out=tmp_path / "out", progress=listener)
    assert {row["status"] for row in rows(tmp_path / "out").values()} == {"unavailable"}
    measure(task, out=tmp_path / "out", offline=False, progress=listener)
    assert {row["status"] for row in rows(tmp_path / "out").values()} == {"ok"}
    assert listener.notes == ["fetching weights 'needy' from the tests"]


@pytest.mark.usefixtures("plug_ins")
def test_a_missing_corpus_is_noticed_before_anything_is_fetched_or_read(
    bench: Any, voice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.add(a=voice())
    here = bench.task(models=["needy/strict"])
    missing = bench.task(name="missing", models=["needy/strict"], dataset="librispeech/test-clean")
    monkeypatch.setattr(Folder, "clips", lambda self: pytest.fail("a corpus is read though another is missing"))
    listener = Listener()
    with pytest.raises(DataError, match="librispeech/test-clean is not on this machine"):
        measure(here, missing, out=tmp_path / "out", offline=False, progress=listener)
    assert (listener.notes, listener.begun) == ([], [])
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("plug_ins")
def test_weights_that_cannot_be_fetched_leave_the_others_to_run(
    bench: Any, voice: Any, tmp_path: Path, rows: Any
) -> None:
    bench.add(a=voice())
    listener = Listener()
    task = bench.task(models=["needy/strict", "identity"], metrics=["kbps"])
    assert measure(task, out=tmp_path / "out", offline=False, progress=listener).failed == 0
    assert {key[0]: row["status"] for key, row in rows(tmp_path / "out").items()} == {
        "needy/strict": "unavailable",
        "identity/pcm": "ok",
    }
    assert "no address is known for weights file needy.bin" in listener.notes[-1]


def test_models_that_are_too_large_together_are_not_kept_open(
    bench: Any, voice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codecmark.codecs import identity

    opened: list[str] = []

    def open_and_say(setting: Any, resources: Any) -> Any:
        opened.append(setting.name)
        return identity.open_identity(setting, resources)

    names = ("a", "b")
    plugin = replace(
        identity.PLUGIN,
        card=replace(identity.CARD, params=600_000_000),
        settings=tuple(replace(identity.PLUGIN.settings[0], name=name) for name in names),
        open=open_and_say,
    )
    monkeypatch.setattr(identity, "PLUGIN", plugin)
    monkeypatch.setattr("codecmark.harness.plan.SHARD_CLIPS", 1)
    registry.forget()
    try:
        bench.add(one=voice(0.1), two=voice(0.1))
        measure(bench.task(metrics=["kbps"]), out=tmp_path / "small")
        assert opened == ["a", "b", "a", "b"]
        opened.clear()
        monkeypatch.setattr(lane, "OPEN_PARAMETERS", 2_000_000_000)
        measure(bench.task(metrics=["kbps"]), out=tmp_path / "large")
        assert opened == ["a", "b"]
    finally:
        registry.forget()


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert devices("auto") == devices("cpu") == ["cpu"]
    for wish in ("cuda", "cuda:0", "tpu"):
        with pytest.raises(UsageError, match=f"--device {wish}: no CUDA device is visible"):
            devices(wish)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices("auto") == devices("cuda") == ["cuda:0", "cuda:1"]
    assert devices("cuda:1") == ["cuda:1"]
    assert devices("cpu") == ["cpu"]
    assert devices("cpu, cpu") == ["cpu", "cpu"]
    assert devices("cuda:1,cuda:0") == ["cuda:1", "cuda:0"]
    with pytest.raises(UsageError, match="--device cpu,cuda: lanes are on devices of one kind, not on cpu and cuda"):
        devices("cpu,cuda")
    with pytest.raises(UsageError, match="--device cuda:2: 2 CUDA devices are visible"):
        devices("cuda:2")
