"""AudioSet: the segments that are here, by whichever name a downloader gave them, and a count of the others."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from codecmark.core.errors import DataError

IDS = ("--4gqARaEJE", "YaBcDeFgHiJ", "_0_xYZ12345")


@pytest.mark.parametrize("folder", ["eval", "audio/eval", "audios/eval_segments", "eval/Speech"])
@pytest.mark.parametrize("name", ["{}", "Y{}", "{}_30.000_40.000", "Y{}_30000"])
def test_a_local_tree_is_read(name: str, folder: str, lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    lay["audioset"](tmp_path, {name.format(video): voice(0.5, 32000) for video in IDS}, folder=folder)
    (tmp_path / "AudioSet" / "eval_segments.csv").write_text(
        "# head\n" + "".join(f'{video}, 0.000, 10.000, "/m/0k4j"\n' for video in IDS), encoding="utf-8"
    )
    found = clips("audioset/eval", tmp_path)
    assert [clip.id for clip in found] == list(IDS)
    assert {(clip.domain, clip.seconds) for clip in found} == {("sound", 0.5)}


def test_missing_segments_are_counted(
    lay: Any, clips: Any, voice: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lay["audioset"](tmp_path, {"--4gqARaEJE": voice(0.5)}, lost=("gone0000001", "gone0000002"))
    with caplog.at_level(logging.WARNING):
        assert [clip.id for clip in clips("audioset/eval", tmp_path)] == ["--4gqARaEJE"]
    assert caplog.messages == ["audioset/eval: 1 of 3 segments are here, 2 missing"]


def test_what_is_no_list_or_no_audio_is_said(lay: Any, clips: Any, tmp_path: Path) -> None:
    lay["audioset"](tmp_path, {}, lost=("gone0000001",))
    with pytest.raises(DataError, match="holds nothing of AudioSet eval: expected <data root>/AudioSet/eval_segments"):
        clips("audioset/eval", tmp_path)
    (tmp_path / "AudioSet" / "eval_segments.csv").write_text("<html>\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"eval_segments\.csv is no list of AudioSet segments"):
        clips("audioset/eval", tmp_path)


def test_real_recordings_are_read(lay: Any, clips: Any, real: Any, tmp_path: Path) -> None:
    sounds = {f"real{number:07}": audio for number, (audio, _) in enumerate(real("sounds").values())}
    lay["audioset"](tmp_path, sounds)
    found = clips("audioset/eval", tmp_path)
    assert {clip.id: clip.audio().sha256 for clip in found} == {name: audio.sha256 for name, audio in sounds.items()}
