"""The same command again: only what is missing is measured, whatever ended the run before."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from codecmark import run
from codecmark.codecs import mulaw
from codecmark.core import registry
from codecmark.core.errors import StoreError
from codecmark.metrics import bitrate
from codecmark.results.store import Store

KILLS = 5
TIMINGS = ("encode_rtf", "decode_rtf", "peak_memory_mb")
PROVENANCE = ("attempt", "detail")


def measure(task: str, out: Path, **options: Any) -> Any:
    return run(task, **{"out": out, "workers": 1, "device": "cpu", "offline": True, **options})


def files(out: Path) -> set[str]:
    return {path.name for path in (out / "records").iterdir()}


def equal(one: Any, other: Any, tolerance: float = 1e-6) -> None:
    """The same rows: values within the tolerance, timings aside, everything else exactly."""
    assert one.keys() == other.keys()
    for key, row in one.items():
        value, expected = row["value"], other[key]["value"]
        if key[2] not in TIMINGS:
            assert value is expected is None or value == pytest.approx(expected, abs=tolerance, rel=0), key
        rest = [
            {name: cell for name, cell in some.items() if name not in ("value", *PROVENANCE)}
            for some in (row, other[key])
        ]
        assert rest[0] == rest[1]


def status_of(out: Path) -> str:
    sessions: list[dict[str, str]] = json.loads((out / "run.json").read_text())["sessions"]
    return sessions[-1]["status"]


@contextmanager
def command(*words: object, wait_for: Callable[[], bool], **more: Any) -> Iterator[subprocess.Popen[str]]:
    """A command line in a process of its own, once what is waited for has come about."""
    process = subprocess.Popen(
        [sys.executable, "-m", "codecmark", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )
    try:
        wait_until(lambda: wait_for() or process.poll() is not None)
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def grown(out: Path, held: int) -> bool:
    return len(list(out.glob("records/*"))) > held


def scoring_workers(process: psutil.Process) -> list[psutil.Process]:
    """Those that live; a process may end while it is being looked at."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any("workers:serve" in word for word in child.cmdline()):
                    found.append(child)
    return found


def test_again_measures_nothing_and_writes_nothing(bench: Any, voice: Any, tmp_path: Path, rows: Any) -> None:
    bench.add(a=voice(), b=voice(seed=1), short=voice(0.05))
    task = bench.task(metrics=["kbps", "stoi", "si_sdr", "encode_rtf"], models=["identity", "mulaw/8khz"])
    first = measure(task, tmp_path / "out")
    before, held = files(tmp_path / "out"), rows(tmp_path / "out")
    again = measure(task, tmp_path / "out")
    assert files(tmp_path / "out") == before
    assert rows(tmp_path / "out") == held
    assert first.failed == again.failed == 2  # STOI of 50 ms, by both: a failure is not tried again unasked
    assert len(json.loads((tmp_path / "out" / "run.json").read_text())["sessions"]) == 2


def test_a_new_metric_codec_or_clip_is_added_to_what_is_there(
    bench: Any, voice: Any, tmp_path: Path, rows: Any
) -> None:
    bench.add(a=voice(), b=voice(seed=1))
    out = tmp_path / "out"
    measure(bench.task(), out)
    held = rows(out)
    measure(bench.task(metrics=["kbps", "si_sdr", "estoi"]), out)
    assert {key[2] for key in rows(out).keys() - held.keys()} == {"estoi"}
    held = rows(out)
    measure(bench.task(models=["identity", "opus/6"]), out)
    assert {key[::2] for key in rows(out).keys() - held.keys()} == {("opus/6", "kbps"), ("opus/6", "si_sdr")}
    held = rows(out)
    bench.add(c=voice(seed=2))
    results = measure(bench.task(), out)
    assert {key[1] for key in rows(out).keys() - held.keys()} == {"c.wav"}
    assert all(rows(out)[key] == row for key, row in held.items())
    table = results.tables[0]
    assert [row.id for row in table.rows] == ["opus/6", "identity/pcm"]
    assert [column.name for column in table.columns] == ["kbps", "si_sdr", "estoi"]
    assert {row["flag"] for row in rows(out).values()} == {""}


def test_a_clip_that_changed_is_measured_again(bench: Any, voice: Any, tmp_path: Path, rows: Any) -> None:
    bench.add(a=voice(), b=voice(seed=1))
    measure(bench.task(models=["opus/6"]), tmp_path / "out")
    held = rows(tmp_path / "out")
    bench.add(b=voice(seed=2))
    measure(bench.task(models=["opus/6"]), tmp_path / "out")
    changed = {key[1:] for key, row in rows(tmp_path / "out").items() if row != held[key]}
    assert changed == {("b.wav", "kbps"), ("b.wav", "si_sdr")}
    assert rows(tmp_path / "out")["opus/6", "b.wav", "si_sdr"]["attempt"] == 2


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any, Any], None]]:
    """Puts another description in the place of a built-in one."""

    def put(module: Any, plugin: Any) -> None:
        monkeypatch.setattr(module, "PLUGIN", plugin)
        registry.forget()

    registry.forget()
    yield put
    registry.forget()


def test_a_new_version_of_an_adapter_or_a_metric_is_measured_again(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, registered: Any
) -> None:
    bench.add(a=voice())
    task, out = bench.task(models=["mulaw/8khz", "identity"]), tmp_path / "out"
    measure(task, out)
    held = rows(out)
    registered(mulaw, replace(mulaw.PLUGIN, version="2"))
    measure(task, out)
    now = rows(out)
    assert {key for key in now if now[key] != held[key]} == {
        ("mulaw/8khz", "a.wav", "kbps"),
        ("mulaw/8khz", "a.wav", "si_sdr"),
    }
    held = now
    registered(bitrate, replace(bitrate.PLUGIN, version="2"))
    measure(task, out)
    now = rows(out)
    assert {key for key in now if now[key] != held[key]} == {
        ("mulaw/8khz", "a.wav", "kbps"),
        ("identity/pcm", "a.wav", "kbps"),
    }


def test_an_output_that_came_out_differently_is_flagged(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, registered: Any
) -> None:
    """Its new score stands beside old ones that were taken of something else."""
    bench.add(a=voice())
    out = tmp_path / "out"
    measure(bench.task(models=["identity"], metrics=["kbps"]), out)

    from codecmark.codecs import identity

    def louder(setting: Any, resources: Any) -> Any:
        codec = identity.open_identity(setting, resources)

        class Louder:
            encode = codec.encode

            def decode(self, batch: Any) -> Any:
                return [type(audio)(audio.samples * 1.5, audio.sample_rate) for audio in codec.decode(batch)]

        return Louder()

    registered(identity, replace(identity.PLUGIN, open=louder))
    results = measure(bench.task(models=["identity"], metrics=["kbps", "mel_cs"]), out)
    found = rows(out)
    assert found["identity/pcm", "a.wav", "mel_cs"]["flag"] == "output differs from the one scored before"
    assert found["identity/pcm", "a.wav", "kbps"]["flag"] == ""
    assert any("flagged" in note for note in results.tables[0].notes)


@pytest.mark.usefixtures("plug_ins")
def test_failed_cells_are_tried_again_when_asked(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import faulty_codec

    bench.add(a=voice(), loud=voice(peak=0.99))
    task, out = bench.task(models=["faulty/raises"], metrics=["kbps"]), tmp_path / "out"
    assert measure(task, out).failed == 1
    monkeypatch.setattr(faulty_codec, "LOUD", 1.0)
    before = files(out)
    assert measure(task, out).failed == 1
    assert files(out) == before
    assert measure(task, out, retry_failed=True).failed == 0
    assert len(files(out) - before) == 1
    assert rows(out)["faulty/raises", "loud.wav", "kbps"]["attempt"] == 2
    assert rows(out)["faulty/raises", "a.wav", "kbps"]["attempt"] == 1


@pytest.mark.usefixtures("plug_ins")
def test_what_was_unavailable_is_measured_once_its_weights_are_there(
    bench: Any, voice: Any, tmp_path: Path, rows: Any
) -> None:
    import needy_codec

    bench.add(a=voice())
    task, out = bench.task(models=["needy", "identity"], metrics=["kbps"]), tmp_path / "out"
    results = measure(task, out, weights_root=tmp_path)
    assert results.failed == 0
    row = rows(out)["needy/strict", "a.wav", "kbps"]
    assert (row["status"], row["reason"]) == (
        "unavailable",
        "weights 'needy' are missing (codecmark download needy)",
    )
    before = files(out)
    measure(task, out, weights_root=tmp_path)
    assert files(out) == before
    (tmp_path / "needy.bin").write_bytes(needy_codec.CONTENT)
    measure(task, out, weights_root=tmp_path)
    assert {row["status"] for row in rows(out).values()} == {"ok"}


def test_killed_at_any_moment_and_resumed_equals_uninterrupted(
    bench: Any, voice: Any, tmp_path: Path, rows: Any
) -> None:
    bench.add(**{f"clip{index}": voice(2, seed=index) for index in range(4)})
    models = ["identity", "mulaw/8khz", "opus/6", "opus/12", "g722", "codec2/3200", "aac/16"]
    task = bench.task(models=models, metrics=["kbps", "si_sdr", "mel_cs", "encode_rtf"], timing={"clips": 2})
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    began = time.monotonic()
    assert measure(task, whole).failed == 0
    took = time.monotonic() - began
    words = ("run", task, "--out", killed, "--workers", 1, "--device", "cpu", "--offline")
    moments = random.Random(20260726)
    cut_short, left = 0, []
    for _ in range(KILLS):
        with command(*words, wait_for=partial(grown, killed, len(list(killed.glob("records/*"))))) as process:
            workers = scoring_workers(psutil.Process(process.pid)) if process.poll() is None else []
            time.sleep(moments.uniform(0, took / KILLS))
            cut_short += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        Store(killed).latest()  # whatever is there can be read
        left.append(len(list(killed.glob("records/*.parquet"))))
        psutil.wait_procs(workers, timeout=10)
        assert not any(worker.is_running() for worker in workers)
    assert cut_short >= 3, f"{left} files after each kill: it was over too soon to be killed"
    assert measure(task, killed).failed == 0
    equal(rows(killed), rows(whole))


@pytest.mark.usefixtures("plug_ins")
def test_ctrl_c_ends_cleanly_and_a_second_run_on_the_folder_is_refused(
    bench: Any, voice: Any, tmp_path: Path, cli: Any, rows: Any
) -> None:
    bench.add(a=voice(), loud=voice())
    out = tmp_path / "out"
    task = bench.task(models=["identity", "opus/6"], metrics=["kbps", "encode_rtf", "hangs"])
    words = ("run", task, "--out", out, "--device", "cpu", "--offline")

    def timed() -> bool:
        return len(list(out.glob("records/*.parquet"))) >= 2

    with command(*words, "--workers", 2, wait_for=timed) as process:
        wait_until(lambda: bool(scoring_workers(psutil.Process(process.pid))))
        started = psutil.Process(process.pid).children(recursive=True)
        refused = cli(*words)
        assert refused.code == 2
        assert refused.err == f"codecmark: another run is writing to {out}: wait for it, or choose another --out\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.splitlines()[-1].startswith("codecmark: interrupted; what was measured is kept")
    assert "Traceback" not in errors
    assert status_of(out) == "interrupted"
    psutil.wait_procs(started, timeout=5)
    assert not any(child.is_running() for child in started)
    assert {key[2] for key in rows(out)} == {"encode_rtf"}
    again = bench.task(models=["identity", "opus/6"], metrics=["kbps", "encode_rtf"])
    assert cli("run", again, *words[2:]).code == 0
    assert status_of(out) == "complete"


@pytest.mark.usefixtures("plug_ins")
def test_a_worker_killed_from_outside_costs_nothing(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.add(a=voice(), loud=voice(), c=voice(seed=2))
    killed: list[int] = []
    mark = tmp_path / "mark"
    monkeypatch.setenv("CODECMARK_TEST_MARK", str(mark))

    def kill() -> None:
        wait_until(mark.exists)
        worker = scoring_workers(psutil.Process())[0]
        killed.append(worker.pid)
        worker.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    results = measure(bench.task(metrics=["slow", "si_sdr"], models=["mulaw/8khz"]), tmp_path / "out")
    killer.join()
    assert len(killed) == 1
    assert results.failed == 0
    assert {row["status"] for row in rows(tmp_path / "out").values()} == {"ok"}
    assert len(rows(tmp_path / "out")) == 6


def test_a_full_disk_keeps_what_was_written(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.add(a=voice(), b=voice(seed=1))
    models = ["identity", "mulaw/8khz", "opus/6", "opus/12"]
    task, out = bench.task(models=models, metrics=["kbps"]), tmp_path / "out"
    real, room = os.fsync, [4]

    def fsync(descriptor: int) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    words = ("run", task, "--out", out, "--workers", 1, "--device", "cpu", "--offline")
    with monkeypatch.context() as patched:
        patched.setattr("codecmark.results.store.os.fsync", fsync)
        ended = cli(*words)
    assert ended.code == 2
    assert "No space left on device" in ended.err.splitlines()[-1]
    assert "run the same command again" in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
    assert len(rows(out)) == 6  # one file was the card, three hold two clips each
    assert len(Store(out).latest()) == 6
    assert [path.name for path in out.rglob("*.part")] == []
    assert cli(*words).code == 0
    assert len(rows(out)) == 8


def test_a_disk_that_is_really_full(bench: Any, voice: Any, tmp_path: Path) -> None:
    """By a limit on the size of files, which is what a process without much room meets."""
    bench.add(a=voice())
    out = tmp_path / "out"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    words = ("run", bench.task(metrics=["kbps"]), "--out", out, "--device", "cpu", "--offline")
    with command(*words, wait_for=lambda: False, preexec_fn=limit) as process:
        _, errors = process.communicate()
    assert process.returncode == 2
    assert errors.splitlines()[-1].startswith(f"codecmark: cannot write {out}")
    assert "Traceback" not in errors


def test_kept_audio_that_does_not_fit(bench: Any, voice: Any, tmp_path: Path, cli: Any) -> None:
    bench.add(a=voice(10))
    out = tmp_path / "out"
    path = Store(out).audio_path("bench", "identity/pcm", "a.wav")
    path.parent.mkdir(parents=True)
    path.with_name(".a.wav.flac").symlink_to("/dev/full")
    ended = cli("run", bench.task(metrics=["kbps"]), "--out", out, "--device", "cpu", "--offline", "--keep-audio")
    assert ended.code == 2
    assert ended.err.splitlines()[-1] == (
        f"codecmark: cannot write {path}: No space left on device; make room, or run again without --keep-audio"
    )
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("place", ["file/run", "/proc/run", "locked"])
def test_a_folder_that_cannot_be_written(bench: Any, voice: Any, tmp_path: Path, cli: Any, place: str) -> None:
    bench.add(a=voice())
    (tmp_path / "file").touch()
    (tmp_path / "locked").mkdir(mode=0o500)
    if place == "locked" and os.access(tmp_path / "locked", os.W_OK):
        pytest.skip("this user may write anywhere")
    ended = cli("run", bench.task(), "--out", tmp_path / place, "--device", "cpu", "--offline")
    assert ended.code == 2
    assert ended.err == f"codecmark: cannot write to {tmp_path / place}: {ended.err.split(': ')[2]}"
    assert ended.err.endswith("; choose another --out\n")


def test_a_damaged_folder_is_named(bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice())
    measure(bench.task(), tmp_path / "out")
    record = next((tmp_path / "out" / "records").iterdir())
    record.write_bytes(record.read_bytes()[:-40])
    with pytest.raises(StoreError, match=rf"{record} is damaged: delete it and run again"):
        measure(bench.task(), tmp_path / "out")
    record.unlink()
    (tmp_path / "out" / "run.json").write_text("{")
    with pytest.raises(StoreError, match=r"run\.json is damaged"):
        measure(bench.task(), tmp_path / "out")


def test_workers_and_batches_change_no_value(bench: Any, voice: Any, tmp_path: Path, rows: Any) -> None:
    bench.add(**{f"clip{index}": voice(0.5 + 0.2 * index, seed=index) for index in range(5)})
    task = bench.task(metrics=["kbps", "stoi", "si_sdr", "mel_cs"], models=["opus/12", "codec2/3200", "mulaw/8khz"])
    measure(task, tmp_path / "usual")
    for options in ({"workers": 2, "batch_size": 3}, {"batch_size": 1}):
        out = tmp_path / "-".join(options)
        measure(task, out, **options)
        equal(rows(tmp_path / "usual"), rows(out))
