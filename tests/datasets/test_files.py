"""Audio files of every odd kind are listed and fail, if at all, one by one."""

from __future__ import annotations

import hashlib
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from codecmark.core.errors import ClipError, DataError
from codecmark.core.files import AudioFile, clips_of
from codecmark.core.items import Clip

ODD = {
    "three_channels": (np.full((1600, 3), 0.1), 16000, 0.1),
    "telephone": (np.full(4000, 0.1), 8000, 0.5),
    "ultrasound": (np.full(19200, 0.1), 192000, 0.1),
    "blink": (np.full(800, 0.1), 16000, 0.05),
}


def clip(path: Path, sha256: str | None = None) -> Clip:
    (found,) = clips_of([AudioFile(id="x", path=path, sha256=sha256)])
    return found


@pytest.mark.parametrize("name", ODD)
def test_an_unusual_file_is_read_as_it_is(name: str, tmp_path: Path) -> None:
    samples, rate, seconds = ODD[name]
    soundfile.write(tmp_path / "x.wav", samples, rate)
    found = clip(tmp_path / "x.wav")
    assert found.seconds == pytest.approx(seconds)
    assert found.sha256 == hashlib.sha256((tmp_path / "x.wav").read_bytes()).hexdigest()
    audio = found.audio()
    assert (audio.sample_rate, audio.num_samples) == (rate, len(samples))
    assert audio.channels == (samples.shape[1] if samples.ndim == 2 else 1)


def test_empty_and_nan_audio_fails_when_loaded(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16000)
    soundfile.write(tmp_path / "nan.wav", np.array([0.1, np.nan, 0.1]), 16000, subtype="FLOAT")
    empty, nan = clips_of(AudioFile(id=name, path=tmp_path / f"{name}.wav") for name in ("empty", "nan"))
    assert empty.seconds == 0
    for found, kind in ((empty, "empty"), (nan, "not_finite")):
        with pytest.raises(ClipError) as caught:
            found.audio()
        assert caught.value.kind == kind


def test_damaged_files_are_listed_and_fail_when_loaded(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "whole.flac", np.random.default_rng(0).uniform(-0.1, 0.1, 32000), 16000)
    whole = (tmp_path / "whole.flac").read_bytes()
    for name, content in {"cut.flac": whole[: len(whole) // 2], "text.wav": b"not audio", "nothing.mp3": b""}.items():
        (tmp_path / name).write_bytes(content)
        found = clip(tmp_path / name)
        assert found.seconds == (2.0 if name == "cut.flac" else 0.0)
        with pytest.raises(DataError, match=re.escape(name)):
            found.audio()


def test_a_file_that_is_not_the_stated_one_fails_when_loaded(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", np.full(1600, 0.1), 16000)
    right = hashlib.sha256((tmp_path / "x.wav").read_bytes()).hexdigest()
    assert clip(tmp_path / "x.wav", right.upper()).audio().num_samples == 1600
    wrong = clip(tmp_path / "x.wav", "0" * 64)
    assert wrong.sha256 == right
    with pytest.raises(ClipError) as caught:
        wrong.audio()
    assert caught.value.kind == "wrong_sha256"


def test_a_file_that_goes_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.wav"):
        clip(tmp_path / "gone.wav")


def test_clips_keep_their_order_and_can_be_pickled(tmp_path: Path) -> None:
    for index in range(20):
        soundfile.write(tmp_path / f"{index}.wav", np.full(100 + index, 0.1), 16000)
    files = [AudioFile(id=str(index), path=tmp_path / f"{index}.wav", sha256=None) for index in range(20)]
    found = pickle.loads(pickle.dumps(clips_of(files)))
    assert [item.audio().num_samples for item in found] == list(range(100, 120))


def test_an_excerpt_is_a_clip_of_its_own(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (48000, 2))
    soundfile.write(tmp_path / "x.wav", samples, 16000, subtype="FLOAT")
    places = (None, (0.0, 1.0), (1.25, 1.0))
    whole, first, second = clips_of(
        AudioFile(id=str(place), path=tmp_path / "x.wav", excerpt=place) for place in places
    )
    assert (whole.seconds, first.seconds, second.seconds) == (3.0, 1.0, 1.0)
    assert len({whole.sha256, first.sha256, second.sha256}) == 3
    np.testing.assert_allclose(second.audio().samples.T, samples[20000:36000], atol=1e-7)
    assert first.audio().samples.shape == (2, 16000)
