"""What the players of a page play: kept audio, inside the page while there is room, else copied beside it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError, DataError
from codecmark.publish import spectrograms
from codecmark.publish.formats import save
from codecmark.results.store import REFERENCE, Store

BUDGET_MB = 1.0
AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Recording:
    """Something to listen to: its address, a picture of it, and what it is."""

    address: str
    picture: str
    sample_rate: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A clip as it went in and as it was decoded."""

    original: Recording
    decoded: Recording


class Players:
    """The audio of a run on one page in a folder of `out`; what has no room inside is copied to its folder `copies`."""

    def __init__(self, run: Path, out: Path, copies: str, budget_bytes: float) -> None:
        self._store = Store(run)
        self._out = out
        self._copies = Path(copies)
        self._left = budget_bytes

    def pair(self, task: str, setting: str, clip: str) -> Pair | None:
        """None where the audio was not kept, or cannot be read any more."""
        paths = [self._store.audio_path(task, which, clip) for which in (REFERENCE, setting)]
        if not all(path.is_file() for path in paths):
            return None
        try:
            original, decoded = (Audio.read(path) for path in paths)
        except (ClipError, DataError):
            return None
        top_hz = original.sample_rate / 2
        return Pair(self._recording(paths[0], original, top_hz), self._recording(paths[1], decoded, top_hz))

    def _recording(self, path: Path, audio: Audio, top_hz: float) -> Recording:
        picture = _data("image/png", spectrograms.png(audio, top_hz))
        return Recording(self._address(path), picture, audio.sample_rate, audio.seconds)

    def _address(self, path: Path) -> str:
        content = path.read_bytes()
        if len(content) <= self._left:
            self._left -= len(content)
            return _data("audio/flac", content)
        place = self._copies / path.relative_to(self._store.folder / AUDIO)
        if not (self._out / place).is_file() or (self._out / place).read_bytes() != content:
            save(self._out / place, content)
        return quote(f"../{place.as_posix()}")


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
