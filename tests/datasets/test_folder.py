"""A folder of audio is a corpus: ids, transcripts and speakers come from names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from codecmark.core import registry
from codecmark.core.errors import DataError
from codecmark.core.items import Clip
from codecmark.core.resources import Resources


def clips(path: Path) -> list[Clip]:
    plugin, argument = registry.dataset(f"folder:{path}")
    return list(plugin.open(argument, Resources()).clips())


def test_files_of_every_format_are_found(tmp_path: Path) -> None:
    (tmp_path / "anna" / "day1").mkdir(parents=True)
    for name in ("z.wav", "a.flac", "anna/b.mp3", "anna/day1/c.OGG", "anna/.hidden.wav"):
        soundfile.write(
            tmp_path / name, np.full((8000, 1), 0.1), 16000, format=name[-3:].upper().replace("LAC", "FLAC")
        )
    (tmp_path / "z.txt").write_text(" Good morning.\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("\n", encoding="utf-8")
    found = clips(tmp_path)
    assert [clip.id for clip in found] == ["a.flac", "anna/b.mp3", "anna/day1/c.OGG", "z.wav"]
    assert [clip.text for clip in found] == [None, None, None, "Good morning."]
    assert [clip.speaker for clip in found] == [None, "anna", "day1", None]
    assert all(clip.audio().seconds == pytest.approx(0.5, abs=0.08) for clip in found)


def test_folders_without_audio_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no audio here", encoding="utf-8")
    with pytest.raises(DataError, match="no audio in folder"):
        clips(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        clips(tmp_path / "none")
    soundfile.write(tmp_path / "x.wav", np.full(100, 0.1), 16000)
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"x\.txt: it is not UTF-8"):
        clips(tmp_path)


def test_real_recordings_are_found(shared: Path) -> None:
    found = clips(shared / "data" / "music")
    assert len(found) == 7
    assert {clip.id for clip in found} >= {"bach.mp3", "hungarian_dance_5.flac"}
