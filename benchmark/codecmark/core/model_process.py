"""A model at work in an interpreter of its own: asked one thing at a time, it may hang or die without harm to us."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from codecmark.core import worker
from codecmark.core.audio import Audio
from codecmark.core.child import Process
from codecmark.core.environments import Environment
from codecmark.core.errors import ClipError, DataError, PluginError

BLOCK_BYTES = 1 << 16
LOOK_SECONDS = 1.0
"""How often a silent worker is looked at: what it has forked may hold the line open when it is dead."""

Plain = dict[str, Any]


class WorkerTraceback(Exception):
    """Where an error in another interpreter came from, as printed there."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


class ModelProcess:
    """Speaks to the adapter of an environment. `opening` is what its `open_model` is told, `variables` are set for it.

    Raises `WeightsMissing` where the environment is not on this machine, `PluginError` where the model does not open.
    """

    def __init__(self, environment: Environment, opening: Plain, variables: Mapping[str, str]) -> None:
        if worker.GUARD in os.environ:
            raise PluginError("a worker started codecmark again: an adapter imports, or calls, the wrong thing")
        self._environment = environment
        self._made = environment.made()
        self._opening = {**opening, "source": self._made.source}
        self._environ = {**_environ(self._made.python), **variables, worker.GUARD: "1"}
        self._process: Process | None = None
        self._deaths = 0
        self._peak = 0
        self._trouble = False
        self._folder = Path(tempfile.mkdtemp(prefix=f"codecmark-{environment.name}-"))
        self._log = self._folder.with_name(f"{self._folder.name}.log")
        try:
            self._start()
        finally:
            if self._process is None:
                self.close()

    def ask(self, call: str, **given: Any) -> Plain:
        """What a method of the model answers to one thing; audio goes both ways as `Audio`.

        Raises `ClipError` for what the model raised, and for `timeout`, `crash` and `broken_file`.
        """
        if self._process is None:
            if self._deaths > self._environment.restarts:
                raise ClipError("crash", f"{self._name} died {self._deaths} times and is not started again")
            self._start()
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            message = {"call": call, "given": given, "folder": str(folder)}
            answer = self._answer(message, folder, self._environment.answer_seconds)
            if answer.get("audio") is not None:
                answer["audio"] = Audio.read(answer["audio"])
        except DataError as error:
            raise ClipError("broken_file", f"{self._name} gave a broken file: {error}") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return answer

    @contextmanager
    def peak_memory(self) -> Iterator[Callable[[], int | None]]:
        """Gives a function that says the peak in bytes of its memory since entering; None where it cannot tell."""
        self._peak = 0
        yield lambda: self._peak or None

    def close(self) -> None:
        """Ends the model with everything it started. Its log stays where something went wrong."""
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)
        if not self._trouble:
            self._log.unlink(missing_ok=True)

    @property
    def _name(self) -> str:
        return f"the model in environment '{self._environment.name}'"

    def _start(self) -> None:
        command = [self._made.python, "-I", "-u", "-X", "faulthandler", worker.__file__]
        try:
            with self._log.open("ab") as log:
                self._process = Process(command, self._environ, log, self._folder)
        except OSError as error:
            raise PluginError(f"cannot start {self._made.python}: {error.strerror}") from error
        message = {"call": "open", "given": self._opening, "adapter": str(self._environment.adapter)}
        try:
            self._answer(message, self._folder, self._environment.open_seconds)
        except ClipError as error:
            if self._process is not None:
                self._died()
            raise PluginError(f"cannot open {self._name}: {error.message} (log: {self._log})") from error.__cause__

    def _answer(self, message: Plain, folder: Path, seconds: float) -> Plain:
        """Writes the audio of a message into the folder, sends it, and waits for its answer."""
        line = json.dumps(message, default=partial(_plain, folder)).encode() + b"\n"
        reply = worker.received(self._exchanged(line, seconds))
        if reply["ok"]:
            answer: Plain = reply["answer"]
            self._peak = max(self._peak, reply["peak_bytes"] or 0)
            return answer
        self._trouble = True
        raise ClipError(reply["type"], reply["message"]) from WorkerTraceback(reply["traceback"])

    def _exchanged(self, line: bytes, seconds: float) -> bytes:
        """One line for another. An exchange that breaks off, by whatever or whoever, ends the process."""
        assert self._process is not None
        answer = None
        try:
            self._process.socket.settimeout(seconds)
            self._process.socket.sendall(line)
            answer = _line(self._process, seconds)
            return answer
        except TimeoutError:
            raise ClipError("timeout", f"{self._name} took longer than {seconds:g} s and was ended") from None
        except (EOFError, ConnectionError):
            raise ClipError("crash", f"{self._name} {_ending(self._process)} (log: {self._log})") from None
        finally:
            if answer is None:
                self._died()

    def _died(self) -> None:
        self._deaths += 1
        self._trouble = True
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None


def _environ(python: str) -> dict[str, str]:
    """Our variables, without those that would lead another Python astray, its own programs before others."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**environ, "PATH": os.pathsep.join([str(Path(python).parent), environ.get("PATH", os.defpath)])}


def _line(process: Process, seconds: float) -> bytes:
    """What the process says, to the end of the line. Raises `TimeoutError`, `EOFError`, `ConnectionError`."""
    end = time.monotonic() + seconds
    line = bytearray()
    while not line.endswith(b"\n"):
        process.socket.settimeout(min(LOOK_SECONDS, max(end - time.monotonic(), 1e-3)))
        try:
            block = process.socket.recv(BLOCK_BYTES)
        except TimeoutError:
            if time.monotonic() >= end:
                raise
            if process.running():
                continue
            block = b""
        if not block:
            raise EOFError
        line += block
    return bytes(line)


def _ending(process: Process) -> str:
    """How one that hung up has ended, in words; it is ended where it has not."""
    end = time.monotonic() + LOOK_SECONDS
    while process.running() and time.monotonic() < end:
        time.sleep(0.01)
    process.kill()
    return process.ending()


def _plain(folder: Path, value: Any) -> Any:
    """What JSON has no word for, as core/worker.py takes it."""
    if isinstance(value, Audio):
        path = folder / f"{len(list(folder.iterdir()))}.wav"
        value.write(path, "FLOAT")
        return {"wav": str(path), "sample_rate": value.sample_rate}
    return worker.plain(value)
