"""ESC-50: what its list names, in its order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codecmark.core.errors import DataError


def test_a_local_tree_is_read(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    lay["esc50"](tmp_path, {name: voice(1, 44100) for name in ("1-100032-A-0", "5-9032-A-0", "2-100648-A-43")})
    voice(1).write(tmp_path / "ESC-50-master" / "audio" / "unlisted.wav")
    found = clips("esc50", tmp_path)
    assert [clip.id for clip in found] == ["1-100032-A-0", "5-9032-A-0", "2-100648-A-43"]
    assert {(clip.domain, clip.seconds) for clip in found} == {("sound", 1.0)}


def test_what_is_not_whole_is_said(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    lay["esc50"](tmp_path, {"1-100032-A-0": voice(1, 44100)})
    (tmp_path / "ESC-50-master" / "audio" / "1-100032-A-0.wav").unlink()
    with pytest.raises(DataError, match=r"esc50\.csv lists 1-100032-A-0\.wav, but there is no"):
        clips("esc50", tmp_path)
    (tmp_path / "ESC-50-master" / "meta" / "esc50.csv").write_text("name\nx\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"esc50\.csv has no column 'filename'"):
        clips("esc50", tmp_path)
    (tmp_path / "ESC-50-master" / "meta" / "esc50.csv").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"holds nothing of ESC-50"):
        clips("esc50", tmp_path)


def test_real_recordings_are_read(lay: Any, clips: Any, real: Any, tmp_path: Path) -> None:
    prefix = "esc50_"
    sounds = {
        name.removeprefix(prefix): audio for name, (audio, _) in real("sounds").items() if name.startswith(prefix)
    }
    assert len(sounds) == 3
    lay["esc50"](tmp_path, sounds)
    found = clips("esc50", tmp_path)
    assert {clip.id: clip.audio().sha256 for clip in found} == {name: audio.sha256 for name, audio in sounds.items()}
    assert {clip.seconds for clip in found} == {5.0}
