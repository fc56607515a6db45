"""LibriTTS: normalised transcripts beside the files, at 24 kHz."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codecmark.core.errors import DataError


def test_a_local_tree_is_read(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    names = ("61_70968_000000_000001", "61_70968_000010_000000", "1089_134686_000001_000001")
    lay["libritts"](tmp_path, {name: (voice(0.5, 24000), f"Text of {name}.") for name in names})
    junk = tmp_path / "LibriTTS" / "test-clean" / "61" / "70968" / "._61_70968_000000_000001.wav"
    junk.write_bytes(b"Mac OS X")
    found = clips("libritts/test-clean", tmp_path)
    assert [clip.id for clip in found] == [names[2], names[0], names[1]]
    assert [clip.text for clip in found] == [f"Text of {clip.id}." for clip in found]
    assert [clip.speaker for clip in found] == ["1089", "61", "61"]
    assert {(clip.language, clip.domain, clip.seconds) for clip in found} == {("en", "speech", 0.5)}
    assert found[0].audio().sample_rate == 24000


def test_a_lost_transcript_is_named(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    lay["libritts"](tmp_path, {"61_70968_000000_000001": (voice(0.5, 24000), "Text.")})
    next(tmp_path.rglob("*.normalized.txt")).unlink()
    with pytest.raises(DataError, match=r"61_70968_000000_000001\.normalized\.txt: No such file"):
        clips("libritts/test-clean", tmp_path)


def test_real_recordings_are_read(lay: Any, clips: Any, real: Any, tmp_path: Path) -> None:
    spoken = {f"{name}_000001_000000": item for name, item in real("libritts_24k").items()}
    lay["libritts"](tmp_path, spoken, "test-other")
    found = clips("libritts/test-other", tmp_path)
    assert {clip.id for clip in found} == spoken.keys()
    assert {clip.speaker for clip in found} == {"1995", "2300", "3729"}
    for clip in found:
        assert clip.audio().sha256 == spoken[clip.id][0].sha256
