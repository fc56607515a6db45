"""LibriSpeech: a tree of the real layout is read, and a part of a split is not taken for all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codecmark.core import registry
from codecmark.core.errors import DataError, UnknownName

NAMES = ("1089-134686-0000", "1089-134686-0001", "61-70968-0000")


@pytest.fixture
def spoken(voice: Any) -> dict[str, Any]:
    return {name: (voice(0.5), f"text of {name}") for name in NAMES}


@pytest.mark.parametrize("place", ["LibriSpeech/test-clean", "librispeech/test-clean", "test-clean"])
def test_a_local_tree_is_read(place: str, spoken: Any, lay: Any, clips: Any, tmp_path: Path) -> None:
    lay["librispeech"](tmp_path, spoken)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / "LibriSpeech" / "test-clean").rename(tmp_path / place)
    found = clips("librispeech/test-clean", tmp_path)
    assert [clip.id for clip in found] == list(NAMES)
    assert [clip.speaker for clip in found] == ["1089", "1089", "61"]
    assert [clip.text for clip in found] == [f"TEXT OF {name}" for name in NAMES]
    assert {(clip.language, clip.domain, clip.seconds) for clip in found} == {("en", "speech", 0.5)}
    assert found[0].audio().num_samples == 8000


def test_a_missing_split_says_where_it_belongs(clips: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'codecmark download librispeech/dev-other' .*/LibriSpeech/dev-other exists"):
        clips("librispeech/dev-other", tmp_path)
    with pytest.raises(DataError, match="<data root>/LibriSpeech/train-clean-360 exists"):
        clips("librispeech/train-clean-360", None)
    with pytest.raises(UnknownName, match="did you mean librispeech/test-clean"):
        registry.dataset("librispeech/test-cleen")
    (tmp_path / "dev-clean").mkdir()
    with pytest.raises(DataError, match="holds nothing of LibriSpeech"):
        clips("librispeech/dev-clean", tmp_path)


@pytest.mark.parametrize("lost", ["61/70968/61-70968-0000.flac", "61/70968/61-70968.trans.txt"])
def test_a_part_of_a_split_is_not_taken_for_all_of_it(
    lost: str, spoken: Any, lay: Any, clips: Any, tmp_path: Path
) -> None:
    lay["librispeech"](tmp_path, spoken)
    (tmp_path / "LibriSpeech" / "test-clean" / lost).unlink()
    said = r"61/70968 lacks .* 61-70968-0000" if lost.endswith(".flac") else r"61-70968\.trans\.txt: No such file"
    with pytest.raises(DataError, match=said):
        clips("librispeech/test-clean", tmp_path)


@pytest.mark.parametrize("split", ["test-clean", "test-other"])
def test_real_recordings_are_read(split: str, lay: Any, clips: Any, real: Any, tmp_path: Path) -> None:
    recorded = real(f"librispeech_{split.replace('-', '_')}")
    lay["librispeech"](tmp_path, recorded, split)
    found = clips(f"librispeech/{split}", tmp_path)
    assert {clip.id: clip.text for clip in found} == {name: text.upper() for name, (_, text) in recorded.items()}
    assert {clip.speaker for clip in found} == {name.split("-")[0] for name in recorded}
    assert all(clip.audio().sha256 == recorded[clip.id][0].sha256 for clip in found[:5])
