"""VCTK: the first microphone at 48 kHz, the speakers held out by default."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_a_local_tree_is_read(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    names = ("p257_002", "p225_001", "p232_010", "p232_005", "p315_001")
    lay["vctk"](tmp_path, {name: (voice(0.25, 48000, seed=3), f"Text of {name}.") for name in names})
    (tmp_path / "VCTK-Corpus-0.92" / "txt" / "p315" / "p315_001.txt").unlink()  # as in the corpus
    held_out = clips("vctk/test", tmp_path)
    assert [clip.id for clip in held_out] == ["p232_005", "p232_010", "p257_002"]
    assert [clip.text for clip in held_out] == [f"Text of {clip.id}." for clip in held_out]
    assert {(clip.language, clip.domain, clip.seconds) for clip in held_out} == {("en", "speech", 0.25)}
    everyone = clips("vctk/all", tmp_path)
    assert [clip.id for clip in everyone] == ["p225_001", "p232_005", "p232_010", "p257_002", "p315_001"]
    assert [clip.speaker for clip in everyone] == ["p225", "p232", "p232", "p257", "p315"]
    assert everyone[-1].text is None


def test_real_recordings_are_read(lay: Any, clips: Any, real: Any, tmp_path: Path) -> None:
    spoken = {name: item for name, item in real("vctk_48k").items() if name.startswith("p")}
    lay["vctk"](tmp_path, spoken)
    (found,) = clips("vctk/test", tmp_path)
    assert (found.id, found.speaker) == ("p257_035", "p257")
    assert found.text == "Of course, on Tuesday, United were beaten despite this."
    assert found.audio().sample_rate == 48000
    assert found.audio().sha256 == spoken["p257_035"][0].sha256
