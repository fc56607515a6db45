"""The frames of `codecmark.load`, against numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

import codecmark


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("frames")
    (place / "anna").mkdir()
    noise = np.random.default_rng(3).standard_normal((2, 16000)) / 10
    for index, samples in enumerate(noise):
        soundfile.write(place / "anna" / f"{index}.wav", samples[: 8000 * (index + 1)], 16000)
    codecmark.run("quick", codecs="identity,mulaw/16khz", metrics="kbps,si_sdr", dataset=f"folder:{place}", out=place)
    return place


def test_clips_have_a_row_per_setting_clip_and_metric(run: Path) -> None:
    clips = codecmark.load(run).clips
    assert len(clips) == 2 * 2 * 2
    assert set(clips["speaker"]) == {"anna"}
    assert set(clips.loc[clips["status"] == "not_applicable", "reason"]) == {"identical"}


def test_settings_have_a_column_per_metric(run: Path) -> None:
    settings = codecmark.load(run).settings.set_index("setting")
    assert settings.loc["mulaw/16khz", "kbps"] == pytest.approx(128)  # 8 bit, 16 kHz
    assert settings.loc["identity/pcm", "kbps"] == pytest.approx(512)  # 32 bit, 16 kHz
    assert np.isnan(settings.loc["identity/pcm", "si_sdr"])
    assert settings.loc["mulaw/16khz", "n_si_sdr"] == 2
    assert 30 < settings.loc["mulaw/16khz", "si_sdr"] < 45  # G.711: some 38 dB


def test_a_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(codecmark.CodecmarkError, match="not a run folder"):
        codecmark.load(tmp_path)
