"""Whole runs with models in an interpreter of their own: what dies costs its clip, and nothing stays behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from codecmark import run
from codecmark.core import registry, worker
from codecmark.core.provision import create

pytestmark = pytest.mark.usefixtures("plug_ins")

BEHAVIOUR = ("fine", "noise", "raises", "crash", "hang", "broken", "good")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def ready() -> None:
    environment = registry.environments()["puppet"][0]
    create(environment, existing=sys.executable)


def spoken(bench: Any, voice: Any, *words: str) -> None:
    """A clip of each of these words."""
    for number, word in enumerate(words):
        bench.add(**{word: voice(0.5, seed=number)})
        (bench.clips / f"{word}.txt").write_text(word)


def measure(*tasks: str, out: Path, **options: Any) -> Any:
    return run(*tasks, **{"out": out, "workers": 1, "device": "cpu", "offline": True, **options})


def test_each_trouble_costs_its_own_clip(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, ready: None, left_behind: Any
) -> None:
    spoken(bench, voice, *BEHAVIOUR)
    task = bench.task(act="AC", models=["puppet"], metrics=["si_sdr"])
    results = measure(task, out=tmp_path / "out")
    found = {key[1]: (row["status"], row["kind"]) for key, row in rows(tmp_path / "out").items()}
    assert found == {
        "fine.wav": ("not_applicable", ""),  # identical
        "noise.wav": ("not_applicable", ""),
        "good.wav": ("not_applicable", ""),
        "raises.wav": ("failed", "ValueError"),
        "crash.wav": ("failed", "crash"),
        "hang.wav": ("failed", "timeout"),
        "broken.wav": ("failed", "broken_file"),
    }
    assert results.failed == 4
    assert left_behind() == []


def test_codec_and_language_model_fill_one_table_with_times_and_memory_of_their_own(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, ready: None
) -> None:
    spoken(bench, voice, "a", "b")
    metrics = ["kbps", "si_sdr", "encode_rtf", "decode_rtf", "peak_memory_mb"]
    resynthesis = bench.task(models=["puppet_codec"], metrics=metrics)
    speech = bench.task(name="speech", act="AC", models=["puppet"], metrics=["decode_rtf", "peak_memory_mb"])
    assert measure(resynthesis, speech, out=tmp_path / "out").failed == 0
    found = rows(tmp_path / "out")
    for name, kbps in (("bytes", 128.0), ("tokens", 128.032)):
        assert found[f"puppet_codec/{name}", "a.wav", "kbps"]["value"] == pytest.approx(kbps)
        assert 30 < found[f"puppet_codec/{name}", "a.wav", "si_sdr"]["value"] < 50
    memory = [row["value"] for key, row in found.items() if key[2] == "peak_memory_mb"]
    assert len(memory) == 3
    assert all(value is None or value < 100 for value in memory)  # this process, with torch, takes far more


def test_without_the_environment_it_is_unavailable_until_it_is_there(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, cli: Any
) -> None:
    spoken(bench, voice, "a")
    task = bench.task(act="AC", models=["puppet"], metrics=["si_sdr"])
    words = ("run", task, "--out", tmp_path / "out", "--device", "cpu", "--offline")
    reason = "environment 'puppet' is missing (codecmark env create puppet)"
    dry = cli(*words, "--dry-run")
    assert dry.code == 0
    assert reason in dry.out
    assert cli(*words).code == 0
    (row,) = rows(tmp_path / "out").values()
    assert (row["status"], row["reason"]) == ("unavailable", reason)
    cli("env", "create", "puppet", "--existing", sys.executable)
    assert cli(*words).code == 0
    (row,) = rows(tmp_path / "out").values()
    assert row["status"] == "not_applicable"


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_ended_while_the_model_hangs_it_leaves_no_process(
    bench: Any, voice: Any, tmp_path: Path, ready: None, left_behind: Any, by: signal.Signals
) -> None:
    spoken(bench, voice, "hang")
    task = bench.task(act="AC", models=["puppet"], metrics=["si_sdr"])
    command = ["run", task, "--out", str(tmp_path / "out"), "--device", "cpu", "--offline"]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TMPDIR": str(tmp_path)}
    environ["PUPPET_SECONDS"] = "600"
    process = subprocess.Popen([sys.executable, "-m", "codecmark", *command], env=environ, stderr=subprocess.PIPE)
    try:
        wait_for_a_grandchild(process.pid)
        process.send_signal(by)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert left_behind() == []
    if by != signal.SIGKILL:
        assert process.returncode == 130
        assert b"Traceback" not in errors
        assert list(tmp_path.glob("codecmark-puppet-*/")) == []


def wait_for_a_grandchild(pid: int) -> None:
    """Until the model has been asked: what hangs starts a process first."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(psutil.Error):  # some are gone before they are looked at
            workers = [one for one in psutil.Process(pid).children() if worker.__file__ in one.cmdline()]
            if any(one.children() for one in workers):
                return
        time.sleep(0.05)
    raise AssertionError("the model was never asked")
