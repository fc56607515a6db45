"""MUSDB18-HQ: mixtures in excerpts of ten seconds, each named for its place in the track."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from codecmark import Audio


def test_tracks_are_cut_one_excerpt_after_the_other(lay: Any, clips: Any, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 25 * 44100))
    lay["musdb"](tmp_path, {"Artist - Long": Audio(noise, 44100), "Artist - Cut": Audio(noise[:, :441000], 44100)})
    lay["musdb"](tmp_path, {"Artist - Other": Audio(noise[:, :441000], 44100)}, "train")
    found = clips("musdb/test", tmp_path)
    assert [clip.id for clip in found] == ["Artist - Cut_000-010", "Artist - Long_000-010", "Artist - Long_010-020"]
    assert {(clip.domain, clip.seconds, clip.text, clip.speaker) for clip in found} == {("music", 10.0, None, None)}
    assert len({clip.sha256 for clip in found}) == 3
    last = found[-1].audio()
    assert (last.channels, last.sample_rate) == (2, 44100)
    np.testing.assert_allclose(last.samples, noise[:, 441000:882000], atol=2**-15)


def test_a_track_that_is_damaged_or_short_is_one_clip(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    lay["musdb"](tmp_path, {"Artist - Short": voice(2, 44100)})
    broken = tmp_path / "musdb18hq" / "test" / "Artist - Broken" / "mixture.wav"
    broken.parent.mkdir()
    broken.write_bytes(b"RIFF")
    assert [(clip.id, clip.seconds) for clip in clips("musdb/test", tmp_path)] == [
        ("Artist - Broken", 0.0),
        ("Artist - Short", 2.0),
    ]


def test_real_recordings_are_read(lay: Any, clips: Any, real: Any, tmp_path: Path) -> None:
    sounds = {name: audio for name, (audio, _) in real("music").items() if audio.channels == 2 and audio.seconds >= 10}
    assert len(sounds) >= 3
    lay["musdb"](tmp_path, sounds)
    found = clips("musdb/test", tmp_path)
    assert {clip.id.removesuffix("_000-010") for clip in found} == sounds.keys()
    for clip in found:
        whole = sounds[clip.id.removesuffix("_000-010")]
        written = np.clip(whole.samples[:, : 10 * whole.sample_rate], -1, 1)  # the MP3s among them overshoot
        np.testing.assert_allclose(clip.audio().samples, written, atol=2**-15 + 1e-9)
