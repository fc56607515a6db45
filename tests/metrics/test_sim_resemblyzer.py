"""Speaker similarity by Resemblyzer, against recorded cosines of the package called directly."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codecmark.core.audio import Audio
from codecmark.core.errors import WeightsMissing
from codecmark.core.items import Clip, Output
from codecmark.core.resources import Resources
from codecmark.core.scores import Failure, Score
from codecmark.metrics import sim_resemblyzer
from codecmark.metrics.sim_resemblyzer import PLUGIN

NAME = "sim_resemblyzer"


@pytest.fixture(scope="module")
def worker() -> Any:
    return PLUGIN.open((NAME,), Resources())


def clip_of(audio: Audio) -> Clip:
    return Clip(id="a", load=lambda: audio, seconds=audio.seconds, sha256="0")


def test_real_pairs(pairs: Any, worker: Any) -> None:
    compared = 0
    for pair in pairs.each(step=3):
        expected = pair.expected(NAME)
        if expected is None:
            continue
        answer = worker.score([(worker.prepare(clip_of(pair.reference)), Output(id="a", audio=pair.decoded))])[0][NAME]
        assert isinstance(answer, Score), pair.name
        assert answer.value == pytest.approx(expected, abs=pairs.tolerances[NAME]), pair.name
        compared += 1
    assert compared > 20


def test_same_and_different_speakers(shared: Path, worker: Any) -> None:
    """Every pair of 70 utterances of 7 speakers: what similarity means on real voices."""
    corpus = shared / "data" / "librispeech_test_other"
    rows = [json.loads(line) for line in (corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    embeddings = np.stack([worker.prepare(clip_of(Audio.read(corpus / row["path"]))) for row in rows])
    speakers = np.array([row["speaker"] for row in rows])
    first, second = np.triu_indices(len(rows), 1)
    cosines, same = (embeddings @ embeddings.T)[first, second], speakers[first] == speakers[second]
    recorded = json.loads((shared / "data" / "expected_scores.json").read_text(encoding="utf-8"))
    calibration = recorded["protocol"]["calibration"]["resemblyzer"]
    assert cosines[same].mean() == pytest.approx(calibration["same_speaker"]["mean"], abs=5e-4)
    assert cosines[~same].mean() == pytest.approx(calibration["different_speaker"]["mean"], abs=5e-4)


def test_what_has_no_voice_fails_alone(voice: Any, silence: Audio, worker: Any) -> None:
    spoken = voice(2.0)
    click = Audio(np.eye(1, 32000)[0] * 0.5, 16000)
    half = worker.prepare(clip_of(spoken))
    outputs = [Output(id="a", audio=audio) for audio in (spoken, silence, click, None)]
    answers = [answer[NAME] for answer in worker.score([(half, output) for output in outputs])]
    assert answers[0].value == pytest.approx(1, abs=1e-6)
    assert [answer.kind for answer in answers[1:]] == ["silent", "no_voice", "no_audio"]
    mute = worker.prepare(clip_of(silence))
    assert worker.score([(mute, outputs[0])])[0][NAME] == Failure(
        "score", "silent", "the reference is silent (peak 0.0e+00, below 1e-04)"
    )


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pkg_resources" else name)
    with pytest.raises(WeightsMissing, match=r"'pkg_resources' is not installed: pip install 'codecmark\[offline\]'"):
        sim_resemblyzer.evaluator(Resources())
