"""Suites: several tasks in one command, on several lanes, with or without the corpora that they want."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from codecmark.core import content
from codecmark.core.errors import ContentError
from codecmark.harness import plan
from codecmark.harness.suite import Suite, read, wanted

HERE = ("--device", "cpu", "--offline", "--workers", 1)


@pytest.fixture
def suite(bench: Any, voice: Any, plug_ins: None) -> Any:
    """Writes a suite of three tasks: one with clips, one whose corpus is missing, one that only times."""

    def write(**changes: Any) -> Path:
        bench.add(**{f"clip{index}": voice(0.5 + 0.1 * index, seed=index) for index in range(5)})
        models = ["layered/pcm", "layered/pcm@2", "mulaw/8khz", "lyra/6"]
        tasks = [
            bench.task(name="here", models=models, metrics=["kbps", "si_sdr", "mel_cs", "encode_rtf"]),
            bench.task(name="missing", models=models, dataset="librispeech/test-clean"),
            bench.task(
                name="fast",
                models=models,
                metrics=["encode_rtf", "batch_size"],
                dataset="starter",
                selection={"limit": 1},
                timing={"clips": 1, "repeats": 1, "warm_up": 0, "clip_seconds": 0.2, "max_batch": 2},
            ),
        ]
        path: Path = bench.folder / "whole.yaml"
        given = {"schema": 1, "name": "whole", "title": "Whole", "tasks": tasks, **changes}
        path.write_text(yaml.safe_dump({key: value for key, value in given.items() if value is not None}))
        return path

    return write


def test_a_missing_corpus_is_said_before_and_after_and_the_others_run(
    cli: Any, suite: Any, tmp_path: Path, rows: Any
) -> None:
    out, path = tmp_path / "out", suite()
    ended = cli("run", path, "--out", out, *HERE)
    assert ended.code == 0
    (said,) = [line for line in ended.err.splitlines() if line.startswith("MISSING")]
    assert (
        "missing will not be measured: librispeech/test-clean is not on this machine: run 'codecmark download" in said
    )
    assert "LibriSpeech: not measured, librispeech/test-clean is not on this machine" in " ".join(ended.out.split())
    tasks = json.loads((out / "run.json").read_text())["tasks"]
    assert list(tasks) == ["here", "missing", "fast"]
    assert tasks["missing"]["unavailable"].startswith("librispeech/test-clean is not on this machine")
    found = rows(out)
    assert {row["status"] for key, row in found.items() if not key[0].startswith("lyra")} == {"ok"}
    assert {row["reason"] for key, row in found.items() if key[0] == "lyra/6"} == {
        "weights 'lyra' are missing (codecmark download lyra)"
    }
    again = cli("run", path, "--out", out, *HERE)
    assert next(line for line in again.err.splitlines() if "scores to measure" in line).startswith(
        "0 scores to measure"
    )
    assert cli("publish", out, "--out", tmp_path / "site").code == 0
    page = (tmp_path / "site" / "index.html").read_text()
    assert "LibriSpeech: not measured, librispeech/test-clean is not on this machine" in page
    assert cli("report", out, "--out", tmp_path / "report").code == 0


def test_a_task_whose_corpus_has_gone_keeps_what_was_measured(cli: Any, bench: Any, suite: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    path = suite()
    cli("run", path, "--out", out, *HERE)
    before = json.loads((out / "run.json").read_text())["tasks"]["here"]
    bench.clips.rename(bench.folder / "elsewhere")
    ended = cli("run", path, "--out", out, *HERE)
    assert ended.code == 0
    assert "MISSING   here will not be measured: no such folder" in ended.err
    assert json.loads((out / "run.json").read_text())["tasks"]["here"] == before
    assert any(line.startswith("  layered/pcm ") or line.startswith(" layered/pcm ") for line in ended.out.splitlines())


def test_a_dry_run_says_what_it_takes_and_writes_nothing(cli: Any, suite: Any, tmp_path: Path) -> None:
    ended = cli("run", suite(), "--out", tmp_path / "out", *HERE, "--dry-run")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert [line.split()[0] for line in lines if line[:1].isalpha()][:5] == [
        "here:",
        "fast:",
        "time",
        "download",
        "disk",
    ]
    assert sum(line.startswith("MISSING   missing") for line in lines) == 1
    assert not (tmp_path / "out").exists()


def test_two_lanes_score_what_one_does(
    cli: Any, suite: Any, tmp_path: Path, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "SHARD_CLIPS", 2)
    path = suite()
    for out, device in (("one", "cpu"), ("two", "cpu,cpu")):
        assert cli("run", path, "--out", tmp_path / out, "--device", device, "--offline", "--workers", 2).code == 0
    one, two = rows(tmp_path / "one"), rows(tmp_path / "two")
    assert one.keys() == two.keys()
    same = ("status", "value", "detail", "output_key", "metric_key", "output_sha256")
    for key, row in one.items():
        if not key[2].endswith("_rtf"):
            assert [two[key][name] for name in same] == [row[name] for name in same], key
        assert two[key]["status"] == row["status"]


def test_what_is_shipped_names_tasks_that_there_are() -> None:
    survey = read("survey")
    assert isinstance(survey, Suite)
    found = wanted(["survey"])
    assert [one.task.name for one in found][-1] == "throughput"
    assert {one.name for one in found} == {"survey"}
    assert {one.task.name for one in found} <= set(content.names("tasks"))
    assert {one.limit for one in found} == {200}


def test_a_suite_that_cannot_be_understood(suite: Any, cli: Any) -> None:
    for changes, message in (
        ({"tasks": []}, "whole.yaml: tasks: Tuple should have at least 1 item"),
        ({"tasks": ["survey"]}, "survey.yaml: version: Field required"),
        ({"tasks": ["nowhere"]}, "unknown task 'nowhere'"),
        ({"title": None}, "whole.yaml: title: Field required"),
        ({"seed": 3}, "whole.yaml: seed: Extra inputs are not permitted"),
    ):
        ended = cli("run", suite(**changes), "--dry-run")
        assert (ended.code, message in ended.err) == (2, True), ended.err


def test_a_task_named_by_itself_must_have_its_corpus(suite: Any, bench: Any, cli: Any, tmp_path: Path) -> None:
    path = suite()
    alone = bench.folder / "missing.yaml"
    for words in ((alone,), (path, alone)):
        ended = cli("run", *words, "--out", tmp_path / "out", *HERE)
        assert ended.code == 2
        assert ended.err.startswith("codecmark: librispeech/test-clean is not on this machine")
    with pytest.raises(ContentError):
        wanted([str(tmp_path / "none.yaml")])
