"""PESQ against published and recorded values of the reference package, and its typed answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError
from codecmark.core.scores import Failure, NotApplicable, Score


def test_published_pair(pairs: Any, ask: Any) -> None:
    golden = pairs.content["protocol"]["golden"][0]
    pair = pairs.pair(golden["degraded"], golden["reference"], golden)
    answers = ask("pesq", pair.reference, pair.decoded)
    assert answers["pesq_wb"].value == pytest.approx(golden["published"]["pesq_wb"], abs=1e-3)
    assert answers["pesq_wb"].value == pytest.approx(1.0832, abs=1e-3)
    assert answers["pesq_nb"].value == pytest.approx(1.6654, abs=1e-3)


def test_real_pairs(pairs: Any, ask: Any) -> None:
    compared = 0
    for pair in pairs.each(step=4):
        if pair.expected("pesq_wb") is None:
            continue
        answers = ask("pesq", pair.reference, pair.decoded)
        for name, same_rate in (("pesq_wb", pair.same_rate), ("pesq_nb", False)):
            tolerance = pairs.tolerances["pesq_same_rate" if same_rate else "pesq_resampled"]
            assert answers[name].value == pytest.approx(pair.expected(name), abs=tolerance), (pair.name, name)
            compared += 1
    assert compared >= 40


def test_a_copy_gets_the_ceiling_the_description_promises(pairs: Any, ask: Any) -> None:
    from codecmark.metrics.pesq import PLUGIN

    pair = next(iter(pairs.each()))
    answers = ask("pesq", pair.reference, pair.reference)
    assert {name: answer.value for name, answer in answers.items()} == pytest.approx(
        {spec.name: spec.best for spec in PLUGIN.scores}, abs=1e-4
    )


def test_only_the_wanted_names_are_answered(speechlike: Audio, ask: Any) -> None:
    assert set(ask("pesq", speechlike, speechlike, names=("pesq_nb",))) == {"pesq_nb"}


def test_wide_band_does_not_apply_below_16_khz(speechlike: Audio, ask: Any) -> None:
    told = ask("pesq", speechlike, speechlike, source_rate=8000)
    found = ask("pesq", speechlike.resample(8000), speechlike.resample(8000))
    for answers in (told, found):
        assert answers["pesq_wb"] == NotApplicable("reference is at 8000 Hz: wide-band PESQ needs 16000")
        assert isinstance(answers["pesq_nb"], Score)


def test_silence_and_short_clips_are_typed(speechlike: Audio, silence: Audio, ask: Any) -> None:
    with pytest.raises(ClipError, match="the reference is silent") as caught:
        ask("pesq", silence, speechlike)
    assert caught.value.kind == "silent"
    with pytest.raises(ClipError, match="the decoded signal is silent") as caught:
        ask("pesq", speechlike, silence)
    assert caught.value.kind == "silent"
    with pytest.raises(ClipError, match=r"PESQ needs 0.25 s, the clip has 0.200 s") as caught:
        ask("pesq", speechlike.fit(3200), speechlike.fit(3200))
    assert caught.value.kind == "too_short"


def test_no_utterance_is_typed(speechlike: Audio, ask: Any) -> None:
    click = np.zeros(16000)
    click[0] = 0.5
    answers = ask("pesq", Audio(click, 8000), speechlike.resample(8000), names=("pesq_nb",))
    assert answers["pesq_nb"] == Failure("score", "no_utterances", "PESQ found no utterance in the reference")


def test_one_band_failing_leaves_the_other(speechlike: Audio, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import pesq

    original = pesq.pesq

    def breaks_at_8_khz(rate: int, *arguments: Any) -> float:
        if rate == 8000:
            raise ValueError("cannot convert float NaN to integer")
        return float(original(rate, *arguments))

    monkeypatch.setattr(pesq, "pesq", breaks_at_8_khz)
    answers = ask("pesq", speechlike, speechlike)
    assert isinstance(answers["pesq_wb"], Score)
    assert isinstance(answers["pesq_nb"], Failure)
    assert answers["pesq_nb"].kind == "not_finite"
