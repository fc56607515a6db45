"""Audio: what it refuses, and reading, writing, resampling, fitting and shifting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from codecmark import Audio, ClipError
from codecmark.core.errors import DataError


@pytest.mark.parametrize(
    ("samples", "kind"),
    [([], "empty"), (np.zeros((2, 0)), "empty"), ([0.0, np.nan], "not_finite"), ([[0.0], [np.inf]], "not_finite")],
)
def test_what_is_no_signal(samples: Any, kind: str) -> None:
    with pytest.raises(ClipError) as caught:
        Audio(samples, 16000)
    assert caught.value.kind == kind


@pytest.mark.parametrize(("samples", "rate"), [(np.zeros((1, 2, 3)), 1), ([0.0], 0), ([0.0], -1), ([0.0], 0.5)])
def test_what_is_no_audio(samples: Any, rate: Any) -> None:
    with pytest.raises(ValueError, match=r"audio has shape|sample rate"):
        Audio(samples, rate)


def test_shape_length_and_peak() -> None:
    audio = Audio([[0.5, -0.75, 0.0, 0.25]], 8)
    assert (audio.channels, audio.num_samples, audio.seconds, audio.peak) == (1, 4, 0.5, 0.75)
    assert audio.samples.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0, 0] = 1


def test_the_hash_is_of_shape_rate_and_samples() -> None:
    audio = Audio([0.5, 0.25], 8)
    assert audio.sha256 == Audio(np.array([[0.5, 0.25]]), 8).sha256
    assert len({audio.sha256, Audio([0.5, 0.25], 9).sha256, Audio([[0.5], [0.25]], 8).sha256}) == 3


@pytest.mark.parametrize(
    ("suffix", "subtype", "step"), [("wav", "FLOAT", 0), ("wav", "PCM_16", 2**-15), ("flac", "PCM_24", 2**-23)]
)
def test_written_and_read_again(tmp_path: Path, voice: Any, suffix: str, subtype: str, step: float) -> None:
    audio = voice(0.1)
    audio.write(tmp_path / f"a.{suffix}", subtype)
    back = Audio.read(tmp_path / f"a.{suffix}")
    assert back.sample_rate == 16000
    assert np.abs(back.samples - audio.samples).max() <= step


def test_integers_clip_at_full_scale(tmp_path: Path) -> None:
    Audio([1.5, -1.5, 0.5], 8000).write(tmp_path / "a.wav")
    assert Audio.read(tmp_path / "a.wav").samples[0] == pytest.approx([1.0, -1.0, 0.5], abs=2**-15)


def test_channels_are_rows(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([[0.5, -0.5], [0.25, -0.25]]), 8000, "FLOAT")
    assert Audio.read(tmp_path / "a.wav").samples.tolist() == [[0.5, 0.25], [-0.5, -0.25]]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read audio .*gone\.wav: no such file"):
        Audio.read(tmp_path / "gone.wav")
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises(DataError, match=r"cannot read audio .*text\.wav: Format not recognised"):
        Audio.read(tmp_path / "text.wav")
    with pytest.raises(DataError, match="cannot read audio"):
        Audio.read(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")  # noqa: PTH110
def test_a_full_disk_is_an_error(tmp_path: Path, voice: Any) -> None:
    (tmp_path / "a.flac").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        voice().write(tmp_path / "a.flac")


def test_mono() -> None:
    stereo = Audio([[1.0, 0.0], [0.0, 0.5]], 8000)
    assert stereo.mono().samples.tolist() == [[0.5, 0.25]]
    assert stereo.mono("first").samples.tolist() == [[1.0, 0.0]]
    three = Audio(np.eye(3), 8000)
    assert three.mono("first").samples.tolist() == [[1.0, 0.0, 0.0]]
    with pytest.raises(ClipError, match="3 channels: mono policy 'mean' takes 1 or 2"):
        three.mono()


def test_resampling_is_soxr_at_the_named_quality(voice: Any) -> None:
    audio = voice(0.3)
    assert audio.resample(16000) is audio
    for quality in ("HQ", "VHQ"):
        expected = soxr.resample(audio.samples[0], 16000, 24000, quality=quality)
        assert np.array_equal(audio.resample(24000, quality).samples[0], expected)
    assert not np.array_equal(audio.resample(8000, "HQ").samples, audio.resample(8000, "VHQ").samples)


def test_a_signal_too_short_to_resample_is_empty() -> None:
    with pytest.raises(ClipError, match="no samples"):
        Audio([0.5], 192000).resample(8000)


def test_fit_and_shift() -> None:
    audio = Audio([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 8000)
    assert audio.fit(3) is audio
    assert audio.fit(2).samples.tolist() == [[1.0, 2.0], [4.0, 5.0]]
    assert audio.fit(4).samples.tolist() == [[1.0, 2.0, 3.0, 0.0], [4.0, 5.0, 6.0, 0.0]]
    assert audio.shift(0) is audio
    assert audio.shift(1).samples.tolist() == [[2.0, 3.0, 0.0], [5.0, 6.0, 0.0]]
    assert audio.shift(-2).samples.tolist() == [[0.0, 0.0, 1.0], [0.0, 0.0, 4.0]]
    assert not audio.shift(9).samples.any()
    assert not audio.shift(-9).samples.any()


def test_loop() -> None:
    audio = Audio([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 8000)
    assert audio.loop(2).samples.tolist() == [[1, 2], [4, 5]]
    assert audio.loop(7).samples.tolist() == [[1, 2, 3, 1, 2, 3, 1], [4, 5, 6, 4, 5, 6, 4]]
