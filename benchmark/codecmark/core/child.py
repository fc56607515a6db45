"""Processes that work for us at the other end of a socket, and may die without harm to us.

`Child` runs one function of ours and stands behind scoring workers (harness) and lanes (executors). It is started as a
fresh interpreter and not through multiprocessing's own start methods, because those run the user's script again in
the child, and because nothing may be forked once CUDA is in use. Models in an interpreter of their own are a `Process`.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import IO, Any


def threads(count: int) -> dict[str, str]:
    """Environment of a child that may use so many cores, because others of its kind work beside it."""
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(count))


class Process:
    """A program in a session of its own; it is told the file descriptor of its end of `socket` as its last argument.

    It shares neither the terminal's Ctrl-C nor our standard input. Whatever it has started ends when it does.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        output: IO[bytes] | None = None,
        folder: Path | None = None,
    ) -> None:
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as undo, theirs:
            undo.enter_context(ours)
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                pass_fds=(theirs.fileno(),),
                env=environ,
                start_new_session=True,
            )
            undo.pop_all()
        self.socket = ours

    @property
    def pid(self) -> int:
        return self._process.pid

    def running(self) -> bool:
        """Whether it has not ended by itself or by us."""
        if self._process.returncode is None and self._process.poll() is not None:
            end_group(self._process)
        return self._process.returncode is None

    def ending(self) -> str:
        """How one that hung up ended, in words; waits until it has."""
        if self._process.returncode is None:
            self._process.wait()
            end_group(self._process)
        code = self._process.returncode
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def kill(self) -> None:
        """Ends it now, whatever it is doing, with everything it started; it then hangs up."""
        if self.running():
            end_group(self._process)

    def close(self) -> None:
        self.kill()
        self._process.wait()
        self.socket.close()


class Child(Process):
    """Runs `target` ("module:function") in a new interpreter; the function gets the other end of `connection`.

    It ends when this process does, because its connection then closes.
    """

    def __init__(self, target: str, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(
            # -P: a `queue.py` in the working folder must not take the place of the real one
            [sys.executable, "-P", "-W", "ignore", "-m", "codecmark.core.child", target],
            {**os.environ, **(environment or {}), "PYTHONPATH": _import_path()},
        )
        self.connection: Connection[Any, Any] = Connection(self.socket.detach())

    def close(self) -> None:
        super().close()
        self.connection.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def end_group(leader: subprocess.Popen[Any]) -> None:
    """Kills a process started in a session of its own, and all it started; call it before, or right after, the leader
    is waited for, while its number cannot be another's."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS says the latter
        os.killpg(leader.pid, signal.SIGKILL)


def _import_path() -> str:
    """Where this process finds modules, for the child to find the same ones."""
    return os.pathsep.join(place or str(Path.cwd()) for place in sys.path)


def _main() -> None:
    target, descriptor = sys.argv[1:]
    connection: Connection[Any, Any] = Connection(int(descriptor))
    module, _, name = target.partition(":")
    function: Callable[[Connection[Any, Any]], None] = getattr(importlib.import_module(module), name)
    try:
        with contextlib.suppress(EOFError, ConnectionError):  # our parent is gone, and so are we
            function(connection)
    except OSError as error:
        if "end of file during message" not in str(error):  # it went while it was telling us something
            raise


if __name__ == "__main__":
    _main()
