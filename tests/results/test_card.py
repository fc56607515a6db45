"""The run card over several sessions: what may stand in one table, and what may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import codecmark


@pytest.fixture
def corpora(tmp_path: Path) -> list[str]:
    """Two folders with a clip of one name, and other noise in it."""
    for seed in (1, 2):
        (tmp_path / str(seed)).mkdir()
        noise = np.random.default_rng(seed).standard_normal(16000) / 10
        soundfile.write(tmp_path / str(seed) / "clip.wav", noise, 16000)
    return [f"folder:{tmp_path / str(seed)}" for seed in (1, 2)]


def rows(place: Path, dataset: str, codecs: str, **options: Any) -> set[str]:
    options = {"metrics": "kbps,si_sdr", **options}
    results = codecmark.run("quick", codecs=codecs, dataset=dataset, out=place, **options)
    return {row.id for row in results.tables[0].rows}


def test_settings_of_the_same_clips_stand_together(tmp_path: Path, corpora: list[str]) -> None:
    assert rows(tmp_path / "run", corpora[0], "identity") == {"identity/pcm"}
    assert rows(tmp_path / "run", corpora[0], "mulaw/16khz", metrics="kbps") == {"identity/pcm", "mulaw/16khz"}


def test_settings_measured_on_other_clips_leave_the_table(tmp_path: Path, corpora: list[str]) -> None:
    rows(tmp_path / "run", corpora[0], "identity,mulaw/16khz")
    assert rows(tmp_path / "run", corpora[1], "mulaw/16khz") == {"mulaw/16khz"}
    assert rows(tmp_path / "run", corpora[1], "identity") == {"identity/pcm", "mulaw/16khz"}
