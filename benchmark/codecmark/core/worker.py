"""What runs in the interpreter of a model that has one of its own: asked in lines of JSON, it calls the adapter.

A script for any Python from 3.8, standard library only, nothing of codecmark: `python -I worker.py DESCRIPTOR`. The
descriptor is a socket to codecmark; standard output and error go to a log, so that a model may print what it likes.

The adapter is a file with a function `open_model(setting)`. What it returns has methods (`generate` of a language
model, `encode` and `decode` of a codec), each called with one thing, its parts as attributes, and returning a mapping.
Audio comes as a `Sound` and is returned under `audio` as (samples, sample rate) or as the path of a file.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import queue
import re
import signal
import socket
import struct
import sys
import threading
import traceback
from array import array
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Iterable, Iterator, Mapping

GUARD = "CODECMARK_WORKER_DEPTH"
"""Set in the environment of a worker: nothing in it may start another."""
FLOAT_TAG = 3
"""WAVE_FORMAT_IEEE_FLOAT of the RIFF WAVE format."""


class Sound:
    """Mono audio in a file: `path` of a 32-bit float WAV, and its `sample_rate` in Hz."""

    def __init__(self, path: str, sample_rate: int) -> None:
        self.path = path
        self.sample_rate = sample_rate

    def samples(self) -> array[float]:
        """The samples as array('f'), which numpy.asarray and torch.tensor take as float32."""
        content = Path(self.path).read_bytes()
        place = 12
        while content[place : place + 4] != b"data":
            place += 8 + struct.unpack_from("<I", content, place + 4)[0]
        (size,) = struct.unpack_from("<I", content, place + 4)
        return array("f", content[place + 8 : place + 8 + size])


def write_wav(path: Path, samples: Any, sample_rate: int) -> None:
    """Writes (frames,) or (channels, frames) as 32-bit float WAV: a NumPy array, a tensor, or plain lists.

    Raises `ValueError` for another shape.
    """
    if hasattr(samples, "detach"):
        samples = samples.detach().cpu().float()
    numpy = sys.modules.get("numpy")
    channels, data = _with_numpy(numpy, samples) if numpy is not None else _without_numpy(samples)
    rate, frame = int(sample_rate), 4 * channels
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, FLOAT_TAG, channels, rate, rate * frame, frame, 32)
    head = struct.pack("<4sI4s", b"RIFF", 4 + len(form) + 8 + len(data), b"WAVE")
    path.write_bytes(head + form + struct.pack("<4sI", b"data", len(data)) + data)


def _with_numpy(numpy: Any, samples: Any) -> tuple[int, bytes]:
    """The number of channels, and the samples as the file has them: frame by frame."""
    rows = numpy.asarray(samples, dtype="float32")
    if rows.ndim not in (1, 2):
        raise ValueError(f"audio has shape {rows.shape}, expected (frames,) or (channels, frames)")
    return len(numpy.atleast_2d(rows)), rows.T.tobytes()


def _without_numpy(samples: Any) -> tuple[int, bytes]:
    rows = samples
    if not isinstance(samples, (array, list)):
        rows = samples.tolist() if hasattr(samples, "tolist") else list(samples)
    if not rows or not hasattr(rows[0], "__len__"):
        return 1, array("f", rows).tobytes()
    if len({len(row) for row in rows}) > 1:
        raise ValueError("the channels of the audio differ in length")
    return len(rows), array("f", [value for frame in zip(*rows) for value in frame]).tobytes()


@contextmanager
def peak_memory(device: str) -> Iterator[Callable[[], int | None]]:
    """Gives a function that says the peak in bytes since entering: what torch allocated on a CUDA device, or the
    resident set of this process on Linux; None where neither can be read."""
    if device.startswith("cuda"):
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            torch.cuda.reset_peak_memory_stats(device)
        yield lambda: None if torch is None else int(torch.cuda.max_memory_allocated(device))
        return
    try:
        Path("/proc/self/clear_refs").write_text("5")  # 5 resets VmHWM: proc_pid_clear_refs(5)
    except OSError:
        yield lambda: None
        return
    yield _peak_resident


def _peak_resident() -> int | None:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else None


def received(line: bytes) -> dict[str, Any]:
    """A message, with its sounds and bytes as such."""

    def made(found: dict[str, Any]) -> Any:
        if found.keys() == {"wav", "sample_rate"}:
            return Sound(found["wav"], found["sample_rate"])
        return base64.b64decode(found["base64"]) if found.keys() == {"base64"} else found

    message: dict[str, Any] = json.loads(line, object_hook=made)
    return message


def plain(value: Any) -> Any:
    """What JSON has no word for: arrays and tensors as lists, bytes in base64."""
    if isinstance(value, (bytes, bytearray)):
        return {"base64": base64.b64encode(value).decode()}
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be sent")


class Worker:
    """Holds the model, and does what a message asks of it."""

    def __init__(self) -> None:
        self.device = "cpu"
        self._model: Any = None

    def answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Calls a method of the model. May raise whatever the model raises."""
        if message["call"] == "open":
            self._open(message)
            return {}
        found = getattr(self._model, message["call"])(SimpleNamespace(**message["given"]))
        answer = dict(found)
        if answer.get("audio") is not None:
            answer["audio"] = _file(answer["audio"], Path(message["folder"], "answer.wav"))
        return answer

    def _open(self, message: Mapping[str, Any]) -> None:
        setting = SimpleNamespace(**message["given"])
        self.device = setting.device
        if setting.source is not None:
            sys.path.insert(0, setting.source)
        spec = importlib.util.spec_from_file_location("codecmark_adapter", message["adapter"])
        assert spec is not None
        assert spec.loader is not None
        adapter = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = adapter
        spec.loader.exec_module(adapter)
        self._model = adapter.open_model(setting)


def _file(audio: Any, path: Path) -> str:
    """The path of the file that holds what a model gave as audio; a file of its own stays where it is."""
    if isinstance(audio, (str, os.PathLike)):
        return str(Path(audio).absolute())
    samples, sample_rate = audio
    write_wav(path, samples, sample_rate)
    return str(path)


def told(error: BaseException) -> dict[str, str]:
    """An error in words: its kind, one line that says where it came from, and its traceback, which the log has too."""
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    print(trace, file=sys.stderr)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    kind, where = type(error).__name__, f"{Path(frame.filename).name}, line {frame.lineno}"
    message = ": ".join(filter(None, (kind, " ".join(str(error).split()))))
    return {"type": kind, "message": f"{message} ({where})", "traceback": trace}


def listen(channel: socket.socket, lines: queue.SimpleQueue[bytes]) -> None:
    """Takes in what is asked. When codecmark is gone, so are we, busy or not, with everything we started."""
    try:
        for line in channel.makefile("rb"):
            lines.put(line)
    finally:
        os.killpg(0, signal.SIGKILL)


def serve(channel: socket.socket) -> None:
    """Answers each message with one line, for ever."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(channel, lines), daemon=True).start()
    worker = Worker()
    while True:
        message = received(lines.get())
        try:
            with peak_memory(worker.device) as peak:
                answer = worker.answer(message)
            reply = json.dumps({"ok": True, "answer": answer, "peak_bytes": peak()}, default=plain)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a model may raise anything, and that is the answer
            reply = json.dumps({"ok": False, **told(error)})
        channel.sendall(reply.encode() + b"\n")


def main(words: Iterable[str]) -> None:
    """Refuses to start anywhere but directly under codecmark."""
    (descriptor,) = map(int, words)
    if os.environ.get(GUARD) != "1" or os.getpgrp() != os.getpid():
        raise SystemExit("codecmark starts this, in a session of its own; nothing else does")
    os.set_inheritable(descriptor, False)  # what the model starts must not hold the line open
    serve(socket.socket(fileno=descriptor))


if __name__ == "__main__":
    main(sys.argv[1:])
