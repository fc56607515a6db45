"""FMA small: MP3 by the number of the track; those without audio are no clips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_a_local_tree_is_read(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    lay["fma"](tmp_path, {name: voice(1, 44100) for name in ("155066", "000002")})
    empty = tmp_path / "fma_small" / "099" / "099134.mp3"
    empty.parent.mkdir()
    empty.write_bytes(b"")
    found = clips("fma/small", tmp_path)
    assert [clip.id for clip in found] == ["000002", "155066"]
    assert {(clip.domain, clip.text, clip.language) for clip in found} == {("music", None, None)}
    assert found[0].audio().sample_rate == 44100
    assert found[0].audio().seconds == pytest.approx(found[0].seconds, abs=0.06)


def test_real_recordings_are_read(shared: Path, clips: Any, tmp_path: Path) -> None:
    folder = tmp_path / "fma_small" / "000"
    folder.mkdir(parents=True)
    for number, name in enumerate(("bach.mp3", "electro_1.mp3"), start=2):
        (folder / f"{number:06}.mp3").write_bytes((shared / "data" / "music" / name).read_bytes())
    found = clips("fma/small", tmp_path)
    assert [clip.id for clip in found] == ["000002", "000003"]
    assert all(clip.audio().seconds == pytest.approx(clip.seconds, abs=0.06) for clip in found)
