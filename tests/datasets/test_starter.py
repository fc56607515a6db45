"""The starter set is what its README says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from codecmark.core import registry
from codecmark.core.items import Clip
from codecmark.core.resources import Resources
from codecmark.datasets import starter


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    plugin, argument = registry.dataset("starter")
    return list(plugin.open(argument, Resources()).clips())


def test_it_is_small_and_says_that_it_is_synthetic() -> None:
    assert sum(file.stat().st_size for file in starter.FOLDER.iterdir()) <= 2e6
    assert starter.PLUGIN.synthetic
    assert "synthetic" in starter.PLUGIN.title
    assert "synthetic" in starter.PLUGIN.summary
    listed = {json.loads(line)["path"] for line in (starter.FOLDER / "manifest.jsonl").open(encoding="utf-8")}
    assert listed == {file.name for file in starter.FOLDER.glob("*.flac")}


def test_a_dozen_sentences_come_first_in_many_voices(clips: list[Clip]) -> None:
    assert [clip.domain for clip in clips] == ["speech"] * 12 + ["music"] * 3 + ["sound"] * 2
    speech = clips[:12]
    assert len({clip.id for clip in clips}) == 17
    assert len({clip.text for clip in speech if clip.text and len(clip.text.split()) >= 10}) == 12
    assert {clip.language for clip in speech} == {"en"}
    voices = {clip.speaker for clip in speech}
    assert len(voices) >= 5
    assert {clip.speaker for clip in speech[:8]} == voices


def test_every_clip_can_be_scored(clips: list[Clip]) -> None:
    for clip in clips:
        audio = clip.audio()
        assert audio.sample_rate == (16000 if clip.domain == "speech" else 24000)
        assert audio.channels == 1
        assert 3 <= audio.seconds == clip.seconds <= 5
        assert 0.3 <= audio.peak <= 0.9
        loud = np.flatnonzero(np.abs(audio.samples[0]) > 0.01 * audio.peak) / audio.sample_rate
        assert max(loud[0], audio.seconds - loud[-1], np.diff(loud).max()) < 0.5
