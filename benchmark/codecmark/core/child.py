"""A child Python process that runs one function and talks over a connection; it may die without harm to us.

Started as a fresh interpreter and not through multiprocessing's own start methods, because those run the user's
script again in the child, and because nothing may be forked once CUDA is in use. Scoring workers (harness) and lanes
(executors) both stand on this.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any


def threads(count: int) -> dict[str, str]:
    """Environment of a child that may use so many cores, because others of its kind work beside it."""
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(count))


class Child:
    """Runs `target` ("module:function") in a new interpreter; the function gets the other end of `connection`.

    The child shares neither the terminal's Ctrl-C nor its standard input, and ends when this process does, because
    its connection then closes.
    """

    def __init__(self, target: str, environment: Mapping[str, str] | None = None) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                # -P: a `queue.py` in the working folder must not take the place of the real one
                [sys.executable, "-P", "-W", "ignore", "-m", "codecmark.core.child", str(theirs.fileno()), target],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, **(environment or {}), "PYTHONPATH": _import_path()},
                start_new_session=True,
            )
        self.connection: Connection[Any, Any] = Connection(ours.detach())

    @property
    def pid(self) -> int:
        return self._process.pid

    def ending(self) -> str:
        """How a child that hung up ended, in words; waits until it has."""
        code = self._process.wait()
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def kill(self) -> None:
        """Ends the child now, whatever it is doing, with everything it started; the connection then hangs up."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill()
        self._process.wait()
        self.connection.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _import_path() -> str:
    """Where this process finds modules, for the child to find the same ones."""
    return os.pathsep.join(place or str(Path.cwd()) for place in sys.path)


def _main() -> None:
    descriptor, target = sys.argv[1:]
    connection: Connection[Any, Any] = Connection(int(descriptor))
    module, _, name = target.partition(":")
    function: Callable[[Connection[Any, Any]], None] = getattr(importlib.import_module(module), name)
    with contextlib.suppress(EOFError, ConnectionError):  # our parent is gone, and so are we
        function(connection)


if __name__ == "__main__":
    _main()
