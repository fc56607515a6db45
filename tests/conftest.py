"""Fixtures every room shares."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import psutil
import pytest
import yaml

from codecmark import Audio
from codecmark.cli.main import main
from codecmark.core import registry

PLUGINS = Path(__file__).parent / "plugins"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings, model files and published vectors that some tests compare with."""
    place = os.environ.get("CODECMARK_TEST_DATA")
    if not place:
        pytest.skip("CODECMARK_TEST_DATA is unset: it names a folder of real recordings and reference scores")
    return Path(place)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the tests away from the user's cache of weights and corpora."""
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path_factory.getbasetemp() / "home"))


@pytest.fixture
def plug_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Installs what is in tests/plugins/, as far as this process and those it starts can tell."""
    info = tmp_path / "site" / "codecmark_test_plugins-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: codecmark-test-plugins\nVersion: 1.0\n")
    shutil.copy(PLUGINS / "entry_points.txt", info)
    places = [str(PLUGINS), str(info.parent)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
    for place in places:
        monkeypatch.syspath_prepend(place)
    registry.forget()
    yield
    registry.forget()


@pytest.fixture
def left_behind() -> Callable[[], list[str]]:
    """The processes that were started under this test's CODECMARK_HOME, however far down, and still run after 5 s."""

    def look() -> list[str]:
        end = time.monotonic() + 5
        while (found := _under(os.environ["CODECMARK_HOME"])) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    return look


def _under(home: str) -> list[str]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # not ours to look at, or gone meanwhile
            if process.pid != os.getpid() and process.environ().get("CODECMARK_HOME") == home:
                found.append(" ".join(process.cmdline()))
    return found


Voice = Callable[..., Audio]


@pytest.fixture(scope="session")
def voice() -> Voice:
    """Makes something with the rhythm and the spectrum of speech: noise in bursts over a buzz, by its seed."""

    def make(seconds: float = 1.0, rate: int = 16000, seed: int = 0, peak: float = 0.5) -> Audio:
        generator = np.random.default_rng(seed)
        time = np.arange(round(seconds * rate)) / rate
        pitch = 100 + 40 * generator.random()
        buzz = sum(np.sin(2 * np.pi * pitch * harmonic * time) / harmonic for harmonic in range(1, 20))
        rhythm = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * time + generator.random())
        samples = rhythm * (buzz + 0.3 * generator.normal(size=len(time)))
        return Audio(samples * (peak / np.abs(samples).max()), rate)

    return make


@dataclass(frozen=True)
class Bench:
    """A corpus of a few clips, and a task for it, in a folder of their own."""

    folder: Path

    @property
    def clips(self) -> Path:
        return self.folder / "clips"

    def add(self, **clips: Audio) -> None:
        self.clips.mkdir(exist_ok=True)
        for name, audio in clips.items():
            audio.write(self.clips / f"{name}.wav", "FLOAT")

    def task(self, **changes: Any) -> str:
        """The path of a task over all clips; `changes` are to its fields, None takes one away."""
        content: dict[str, Any] = {
            "schema": 1,
            "name": "bench",
            "version": 1,
            "title": "Bench",
            "dataset": f"folder:{self.clips}",
            "sample_rate": 16000,
            "models": ["identity"],
            "metrics": ["kbps", "si_sdr"],
            "timing": {"clips": 1, "repeats": 1, "warm_up": 0},
        }
        content = {key: value for key, value in {**content, **changes}.items() if value is not None}
        path = self.folder / f"{content['name']}.yaml"
        path.write_text(yaml.safe_dump(content))
        return str(path)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folder = tmp_path / "bench"
    folder.mkdir()
    return Bench(folder)


class Server(BaseHTTPRequestHandler):
    """Serves one file at any address, with Range; cuts each of the first `cuts` answers after a third of it."""

    address = ""
    content = b""
    cuts = 0
    ranges = True
    asked: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        type(self).asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.ranges else 0
        if start >= len(self.content):
            self.send_error(416)
            return
        body = self.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.cuts > 0:
            type(self).cuts -= 1
            body = body[: len(body) // 3]
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture
def serve() -> Iterator[Callable[[bytes], type[Server]]]:
    """Serves a file on this machine."""
    running: list[ThreadingHTTPServer] = []

    def start(content: bytes) -> type[Server]:
        state = type("State", (Server,), {"content": content, "asked": []})
        running.append(ThreadingHTTPServer(("127.0.0.1", 0), state))
        state.address = f"http://127.0.0.1:{running[-1].server_port}"
        threading.Thread(target=running[-1].serve_forever, args=(0.02,), daemon=True).start()
        return state

    yield start
    for one in running:
        one.shutdown()
        one.server_close()


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ended]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Runs a command line in this process."""

    def call(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["codecmark", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    before = signal.getsignal(signal.SIGTERM)
    yield call
    signal.signal(signal.SIGTERM, before)


Rows = Mapping[tuple[str, str, str], Mapping[str, Any]]


@pytest.fixture(scope="session")
def rows() -> Callable[[Path | str], Rows]:
    """Reads the rows in force of a run folder, by (setting, clip, metric), past our own reader."""
    import pyarrow.parquet as pq

    def read(folder: Path | str) -> Rows:
        files = sorted(Path(folder).glob("records/*.parquet"))
        found: dict[tuple[str, str, str], dict[str, Any]] = {}
        for row in [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]:
            key = (row["setting"], row["clip"], row["metric"])
            if key not in found or found[key]["attempt"] <= row["attempt"]:
                found[key] = row
        return found

    return read
