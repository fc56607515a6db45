"""AISHELL-1: Mandarin, its transcripts without the spaces between words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codecmark.core.errors import DataError


def test_a_local_tree_is_read(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    said = {"BAC009S0765W0121": "", "BAC009S0764W0122": "一二 线 城市", "BAC009S0764W0121": "甚至 出现 交易"}
    lay["aishell"](tmp_path, {name: (voice(0.5), text) for name, text in said.items()})
    found = clips("aishell/test", tmp_path)
    assert [clip.id for clip in found] == ["BAC009S0764W0121", "BAC009S0764W0122", "BAC009S0765W0121"]
    assert [clip.text for clip in found] == ["甚至出现交易", "一二线城市", None]
    assert [clip.speaker for clip in found] == ["S0764", "S0764", "S0765"]
    assert {(clip.language, clip.domain) for clip in found} == {("zh", "speech")}
    with pytest.raises(DataError, match=r"aishell/dev is not .* so that .*/data_aishell/wav/dev exists"):
        clips("aishell/dev", tmp_path)


def test_real_recordings_are_read(lay: Any, clips: Any, real: Any, tmp_path: Path) -> None:
    spoken = real("aishell1")
    lay["aishell"](tmp_path, {name: (audio, " ".join(text)) for name, (audio, text) in spoken.items()})
    found = clips("aishell/test", tmp_path)
    assert {clip.id: clip.text or "" for clip in found} == {name: text for name, (_, text) in spoken.items()}
    assert {clip.speaker for clip in found} == {"S0764", "S0765", "S0769", "S0915"}
    assert all(clip.audio().sha256 == spoken[clip.id][0].sha256 for clip in found)
