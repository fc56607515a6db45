"""LJSpeech: the utterances a public list holds out, or all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from codecmark.core.files import read_text
from codecmark.datasets.ljspeech import TEST_IDS


def test_the_list_is_the_published_one() -> None:
    ids = read_text(TEST_IDS).split()
    assert len(ids) == len(set(ids)) == 500
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"LJ0(0[1-9]|[1-4][0-9]|50)-\d{4}", name) for name in ids)
    # The first and the last lines of filelists/ljs_audio_text_test_filelist.txt in NVIDIA/tacotron2.
    assert {"LJ045-0096", "LJ049-0022", "LJ033-0042", "LJ047-0240", "LJ032-0012", "LJ050-0209"} <= set(ids)
    assert not {"LJ001-0001", "LJ050-0131"} & set(ids)


def test_a_local_tree_is_read(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    names = ("LJ045-0096", "LJ001-0001", "LJ032-0012")
    lay["ljspeech"](tmp_path, {name: (voice(0.5, 22050), f'{name} said: "Yes.') for name in names})
    held_out = clips("ljspeech/test", tmp_path)
    assert [clip.id for clip in held_out] == ["LJ032-0012", "LJ045-0096"]
    everything = clips("ljspeech/all", tmp_path)
    assert [clip.id for clip in everything] == sorted(names)
    assert [clip.text for clip in everything] == [f'{clip.id} said: "Yes.' for clip in everything]
    assert {(clip.language, clip.domain, clip.speaker) for clip in everything} == {("en", "speech", "LJ")}


def test_a_real_recording_is_read(lay: Any, clips: Any, real: Any, tmp_path: Path) -> None:
    spoken = {name: item for name, item in real("misc_speech").items() if name.startswith("LJ")}
    lay["ljspeech"](tmp_path, spoken)
    (found,) = clips("ljspeech/all", tmp_path)
    audio, text = spoken["LJ050-0131"]
    assert (found.id, found.text, found.audio().sha256) == ("LJ050-0131", text, audio.sha256)
