"""Word errors by PocketSphinx, against rates recorded with the package and jiwer called directly."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jiwer
import pytest

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError, WeightsMissing
from codecmark.core.items import Clip, Output
from codecmark.core.resources import Resources
from codecmark.core.scores import NotApplicable, Score
from codecmark.metrics import wer_pocketsphinx
from codecmark.metrics.wer_pocketsphinx import PLUGIN

NAMES = ("wer_pocketsphinx", "cer_pocketsphinx")


@pytest.fixture(scope="module")
def worker() -> Any:
    return PLUGIN.open(NAMES, Resources())


def clips_of(corpus: Path) -> list[Clip]:
    rows = map(json.loads, (corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        Clip(
            id=row["id"],
            load=lambda path=corpus / row["path"]: Audio.read(path),
            seconds=row["duration_s"],
            sha256=row["sha256"],
            text=row["text"],
            language=row["language"],
        )
        for row in rows
    ]


def corpus_rate(scores: Sequence[Score]) -> float:
    return sum(score.value * score.weight for score in scores) / sum(score.weight for score in scores)


def test_librispeech_test_clean(shared: Path, worker: Any) -> None:
    """Backwards, to show that no clip leaves anything behind for the next."""
    data = shared / "data"
    clips = clips_of(data / "librispeech_test_clean")[::-1]
    answers = [worker.score([(worker.prepare(clip), Output(id="a", audio=clip.audio()))])[0] for clip in clips]
    words = [answer["wer_pocketsphinx"] for answer in answers]
    assert corpus_rate(words) == pytest.approx(0.310, abs=0.001)
    assert sum(score.weight for score in words) == sum(score.detail["words"] for score in words) == 158

    calibration = json.loads((data / "expected_scores.json").read_text(encoding="utf-8"))["protocol"]["calibration"]
    recorded = calibration["pocketsphinx_librispeech_test_clean"]
    said = [score.detail["reference"].lower() for score in words]
    heard = [score.detail["hypothesis"] for score in words]
    assert jiwer.wer(said, heard) == pytest.approx(recorded["wer"], abs=5e-5), "from what the detail keeps"
    assert jiwer.cer(said, heard) == pytest.approx(recorded["cer"], abs=5e-5)
    rates = [jiwer.wer(one, other) for one, other in zip(said, heard, strict=True)]
    assert rates[::-1] == pytest.approx(recorded["wer_per_utterance"], abs=6e-4)


def test_what_it_cannot_judge_is_not_applicable(speechlike: Audio, worker: Any) -> None:
    for fields, reason in (
        ({}, "no transcript"),
        ({"text": " -- "}, "nothing is left of the transcript after normalising"),
        ({"text": "早上好", "language": "zh"}, "PocketSphinx listens for English, the clip is in 'zh'"),
    ):
        clip = Clip(id="a", load=lambda: speechlike, seconds=2, sha256="0", **fields)
        answers = worker.score([(worker.prepare(clip), Output(id="a", audio=speechlike))])
        assert answers == [dict.fromkeys(NAMES, NotApplicable(reason))]


def test_hearing_nothing_is_all_deletions_and_silence_is_typed(
    speechlike: Audio, silence: Audio, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = Clip(id="a", load=lambda: speechlike, seconds=2, sha256="0", text="Good morning, Mr. Brown.")
    with pytest.raises(ClipError, match="the decoded signal is silent"):
        worker.score([(worker.prepare(clip), Output(id="a", audio=silence))])
    monkeypatch.setattr("codecmark.nn.pocketsphinx.Recogniser.transcribe", lambda self, audio: "")
    answers = worker.score([(worker.prepare(clip), Output(id="a", audio=speechlike))])[0]
    assert {name: answer.value for name, answer in answers.items()} == dict.fromkeys(NAMES, 1.0)
    assert answers["wer_pocketsphinx"].detail["deletions"] == answers["wer_pocketsphinx"].weight == 4
    assert answers["cer_pocketsphinx"].detail["characters"] == len("good morning mister brown")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsMissing, match=r"pip install 'codecmark\[offline\]'"):
        wer_pocketsphinx.evaluator(Resources())
    with pytest.raises(WeightsMissing):
        PLUGIN.open(NAMES, Resources())
