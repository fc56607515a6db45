"""A child process: talks, dies, hangs, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import struct
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from codecmark.core.child import Child

MODULE = """
import os, subprocess, sys, time

def echo(connection):
    while True:
        connection.send(connection.recv())

def end(connection):
    os._exit(connection.recv())

def crash(connection):
    os.kill(os.getpid(), connection.recv())

def hang(connection):
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    connection.send(grandchild.pid)
    time.sleep(600)

def tell(connection):
    connection.send((os.getsid(0), sys.stdin.read(), os.environ.get("OMP_NUM_THREADS"), sys.path))
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "targets_of_the_tests.py").write_text(textwrap.dedent(MODULE))
    monkeypatch.syspath_prepend(str(tmp_path))


def child(function: str, **environment: str) -> Child:
    return Child(f"targets_of_the_tests:{function}", environment)


def gone(pid: int, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_it_answers_and_ends_with_its_connection() -> None:
    with child("echo") as one:
        for message in (1, "two", [3.0]):
            one.connection.send(message)
            assert one.connection.recv() == message
        one.connection.close()
        assert one.ending() == "ended with exit code 0"


@pytest.mark.parametrize(
    ("function", "number", "ending"),
    [
        ("end", 3, "ended with exit code 3"),
        ("crash", signal.SIGSEGV, "ended by SIGSEGV"),
        ("crash", signal.SIGKILL, "ended by SIGKILL"),
    ],
)
def test_how_it_ended_in_words(function: str, number: int, ending: str) -> None:
    with child(function) as one:
        one.connection.send(number)
        with pytest.raises((EOFError, ConnectionError)):
            one.connection.recv()
        assert one.ending() == ending


def test_it_ends_quietly_when_its_parent_goes_in_the_middle_of_a_message(capfd: pytest.CaptureFixture[str]) -> None:
    one = child("echo")
    os.write(one.connection.fileno(), struct.pack("!i", 100) + b"the rest never comes")
    one.connection.close()
    assert one.ending() == "ended with exit code 0"
    assert capfd.readouterr().err == ""


def test_killed_with_all_it_started() -> None:
    with child("hang") as one:
        grandchild = one.connection.recv()
        assert psutil.pid_exists(grandchild)
    assert not psutil.pid_exists(one.pid)
    assert gone(grandchild)
    one.close()  # a second time does no harm


def test_it_shares_neither_terminal_nor_input_and_finds_the_same_modules() -> None:
    with child("tell", OMP_NUM_THREADS="1") as one:
        session, given, threads, places = one.connection.recv()
    assert (session, given, threads) == (one.pid, "", "1")
    assert session != os.getsid(0)
    missing = [place for place in map(str, map(Path.resolve, map(Path, sys.path))) if place not in places]
    assert [place for place in missing if place not in map(str, map(Path, places))] == []


def test_a_session_without_a_script_finds_what_is_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There `sys.path` begins with an empty place, which means the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *(place for place in sys.path if place != str(tmp_path))])
    with child("echo") as one:
        one.connection.send("here")
        assert one.connection.recv() == "here"


def test_it_is_not_shadowed_by_files_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("queue", "numpy", "socket"):
        (elsewhere / f"{name}.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(elsewhere)
    with child("echo") as one:
        one.connection.send("here")
        assert one.connection.recv() == "here"
