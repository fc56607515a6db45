"""`codecmark.score`: pairs that something else decoded, from files or from memory."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from pystoi import stoi

from codecmark import Audio, Failure, NotApplicable, Score, score
from codecmark.core.errors import UnknownName, UsageError

module = importlib.import_module("codecmark.harness.score")
Pair, score_pairs = module.Pair, module.score_pairs


def noisy(audio: Audio, level: float = 0.02) -> Audio:
    generator = np.random.default_rng(1)
    return Audio(audio.samples + level * generator.normal(size=audio.samples.shape), audio.sample_rate)


def value(answer: Any) -> float:
    assert isinstance(answer, Score), answer
    return answer.value


def test_a_pair_in_memory_and_the_same_from_files(voice: Any, tmp_path: Path) -> None:
    reference, decoded = voice(), noisy(voice())
    answers = score(reference, decoded, "stoi,si_sdr")
    assert list(answers) == ["stoi", "si_sdr"]
    assert value(answers["stoi"]) == pytest.approx(stoi(reference.samples[0], decoded.samples[0], 16000), abs=1e-12)
    reference.write(tmp_path / "r.wav", "FLOAT")
    decoded.write(tmp_path / "d.wav", "FLOAT")
    assert score(str(tmp_path / "r.wav"), tmp_path / "d.wav", ["stoi", "si_sdr"]) == answers


def test_the_decoded_signal_is_brought_to_the_rate_of_the_reference(voice: Any) -> None:
    reference, decoded = voice(), noisy(voice()).resample(24000)
    answer = value(score(reference, decoded, "stoi")["stoi"])
    same = stoi(reference.samples[0], decoded.resample(16000).samples[0, :16000], 16000)
    assert answer == pytest.approx(same, abs=1e-9)


def test_both_are_cut_to_the_shorter_length(voice: Any) -> None:
    reference, decoded = voice(), noisy(voice())
    cut = score(reference, Audio(decoded.samples[:, :-100], 16000), "si_sdr")
    assert cut == score(Audio(reference.samples[:, :-100], 16000), Audio(decoded.samples[:, :-100], 16000), "si_sdr")
    assert cut == score(Audio(reference.samples[:, :-100], 16000), decoded, "si_sdr")


def test_lengths_that_differ_by_more_than_a_codec_would(voice: Any) -> None:
    """1 %, or a frame of 80 ms: 1280 samples of a second."""
    allowed = score(voice(), Audio(voice().samples[:, :-1280], 16000), "si_sdr")["si_sdr"]
    assert not isinstance(allowed, Failure)
    refused = score(voice(), Audio(voice().samples[:, :-1281], 16000), "si_sdr,kbps")
    expected = Failure("read", "wrong_length", "decoded has 14719 samples, the reference 16000")
    assert refused == {"si_sdr": expected, "kbps": expected}


def test_stereo_is_averaged_and_more_is_refused(voice: Any) -> None:
    one, two = voice().samples[0], voice(seed=1).samples[0]
    stereo = Audio(np.stack([one, two]), 16000)
    assert score(stereo, Audio((one + two) / 2, 16000), "si_sdr")["si_sdr"] == NotApplicable("identical", {"gain": 1.0})
    answer = score(Audio(np.stack([one, two, one]), 16000), voice(), "si_sdr")["si_sdr"]
    assert isinstance(answer, Failure)
    assert (answer.stage, answer.kind) == ("read", "channels")


def test_what_cannot_be_told_from_a_pair_says_so(voice: Any) -> None:
    answers = score(voice(), noisy(voice()), "kbps,encode_rtf")
    assert {type(answer) for answer in answers.values()} == {NotApplicable}


def test_all_that_needs_only_a_pair_is_the_default() -> None:
    names = set(module.default_metrics())
    assert {"pesq_wb", "pesq_nb", "stoi", "estoi", "si_sdr", "mel_cs", "mel_dac"} <= names
    assert not {"kbps", "encode_rtf", "peak_memory_mb"} & names


def test_unknown_names_and_numbers() -> None:
    with pytest.raises(UnknownName, match="unknown metric 'pesk': did you mean pesq_wb or pesq_nb"):
        score("a.wav", "b.wav", "pesk")
    with pytest.raises(UsageError, match="--workers 0: give a whole number from 1"):
        list(score_pairs([], ["stoi"], workers=0))


def test_a_file_that_is_missing(tmp_path: Path, voice: Any) -> None:
    answer = score(voice(), tmp_path / "gone.wav", "stoi")["stoi"]
    assert answer == Failure("read", "DataError", f"cannot read audio {tmp_path / 'gone.wav'}: no such file")


@pytest.mark.parametrize("workers", [1, 2])
def test_many_pairs_in_their_order(voice: Any, workers: int) -> None:
    pairs = [
        Pair(reference=voice(0.5, seed=seed), decoded=noisy(voice(0.5, seed=seed), 0.01 * (seed + 1)))
        for seed in range(7)
    ]
    pairs.insert(3, Pair(reference="gone.wav", decoded="gone.wav"))
    pairs.insert(5, Pair(reference=voice(0.5), decoded=voice(0.5), domain="music"))
    found = list(score_pairs(pairs, ["stoi", "mel_cs"], workers))
    assert [pair for pair, _ in found] == pairs
    assert {type(answer) for answer in found[3][1].values()} == {Failure}
    assert isinstance(found[5][1]["stoi"], NotApplicable)
    assert isinstance(found[5][1]["mel_cs"], Score)
    scored = [value(answers["stoi"]) for index, (_, answers) in enumerate(found) if index not in (3, 5)]
    plain = [pair for index, pair in enumerate(pairs) if index not in (3, 5)]
    expected = [stoi(pair.reference.samples[0], pair.decoded.samples[0], 16000) for pair in plain]
    assert scored == pytest.approx(expected, abs=1e-12)


def test_stopping_early_leaves_no_process(voice: Any) -> None:
    pairs = [Pair(reference=voice(0.5), decoded=noisy(voice(0.5))) for _ in range(4)]
    answers = score_pairs(pairs, ["stoi"], 1)
    next(answers)
    answers.close()
    assert psutil.Process().children() == []


@pytest.mark.usefixtures("plug_ins")
def test_a_metric_that_crashes_costs_its_pair_only(voice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "str", lambda index: "loud" if index == 1 else "fine", raising=False)
    pairs = [Pair(reference=voice(0.1), decoded=noisy(voice(0.1))) for _ in range(3)]
    found = [answers for _, answers in score_pairs(pairs, ["aborts", "si_sdr"], 1)]
    assert [type(answers["aborts"]) for answers in found] == [Score, Failure, Score]
    assert [type(answers["si_sdr"]) for answers in found] == [Score] * 3
