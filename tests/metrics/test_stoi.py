"""STOI and ESTOI against pystoi, called directly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pystoi
import pytest

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError

EXACT = 1e-12


def _noisy(audio: Audio, level: float) -> Audio:
    noise = np.random.default_rng(2).standard_normal(audio.num_samples)
    return Audio(audio.samples[0] + level * noise, audio.sample_rate)


def _assert_equal_to_pystoi(ask: Any, reference: Audio, decoded: Audio) -> None:
    answers = ask("stoi", reference, decoded)
    arguments = (reference.samples[0], decoded.samples[0], reference.sample_rate)
    assert answers["stoi"].value == pytest.approx(pystoi.stoi(*arguments), abs=EXACT)
    assert answers["estoi"].value == pytest.approx(pystoi.stoi(*arguments, extended=True), abs=EXACT)


def test_real_pairs_equal_pystoi_and_the_recorded_scores(pairs: Any, ask: Any) -> None:
    compared = 0
    for number, pair in enumerate(pairs.each()):
        if pair.expected("stoi") is None:
            continue
        answers = ask("stoi", pair.reference, pair.decoded)
        for name in ("stoi", "estoi"):
            assert answers[name].value == pytest.approx(pair.expected(name), abs=pairs.tolerances["stoi"]), pair.name
        if number % 6 == 0:
            _assert_equal_to_pystoi(ask, pair.reference, pair.decoded)
        compared += 1
    assert compared > 80


@pytest.mark.parametrize("sample_rate", [8000, 10000, 16000, 44100])
@pytest.mark.parametrize("level", [0.0, 0.01, 0.3])
def test_noise_at_every_rate(speechlike: Audio, ask: Any, sample_rate: int, level: float) -> None:
    reference = speechlike.resample(sample_rate)
    _assert_equal_to_pystoi(ask, reference, _noisy(reference, level))


def test_silent_gaps_are_left_out_of_both(speechlike: Audio, ask: Any) -> None:
    samples = speechlike.samples[0].copy()
    samples[8000:16000] = 0
    _assert_equal_to_pystoi(ask, Audio(samples, 16000), _noisy(speechlike, 0.05))


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_the_shortest_clip_and_lengths_around_whole_frames(speechlike: Audio, ask: Any, extra: int) -> None:
    at_10k = speechlike.resample(10000)
    for frames in (33, 60):
        reference = at_10k.fit(256 + 128 * frames + extra)
        _assert_equal_to_pystoi(ask, reference, _noisy(reference, 0.1))


def test_a_clip_longer_than_one_chunk(speechlike: Audio, ask: Any) -> None:
    reference = Audio(np.tile(speechlike.samples, 5), 16000)
    _assert_equal_to_pystoi(ask, reference, _noisy(reference, 0.1))


def test_a_decoder_that_drops_out_repeats_its_score(speechlike: Audio, ask: Any) -> None:
    """pystoi's ESTOI is random here: it normalises its own noise where the decoded signal is digitally silent."""
    samples = speechlike.samples[0].copy()
    samples[8000:24000] = 0
    decoded = Audio(samples, 16000)
    state = np.random.get_state()[1].copy()
    first, again = ask("stoi", speechlike, decoded), ask("stoi", speechlike, decoded)
    assert first == again
    assert 0 < first["estoi"].value < 0.7
    assert np.array_equal(state, np.random.get_state()[1])
    assert first["stoi"].value == pytest.approx(pystoi.stoi(speechlike.samples[0], samples, 16000), abs=EXACT)


def test_only_the_wanted_names_are_answered(speechlike: Audio, ask: Any) -> None:
    assert set(ask("stoi", speechlike, speechlike, names=("estoi",))) == {"estoi"}


def test_silence_and_short_clips_are_typed(speechlike: Audio, silence: Audio, ask: Any) -> None:
    for reference, decoded, side in ((silence, speechlike, "reference"), (speechlike, silence, "decoded signal")):
        with pytest.raises(ClipError, match=f"the {side} is silent") as caught:
            ask("stoi", reference, decoded)
        assert caught.value.kind == "silent"
    for length in (16, 400, 6400):
        with pytest.raises(ClipError, match="STOI needs 30 frames") as caught:
            ask("stoi", speechlike.fit(length), speechlike.fit(length))
        assert caught.value.kind == "too_short"


def test_too_short_is_where_pystoi_gives_up(ask: Any) -> None:
    reference = Audio(0.1 * np.random.default_rng(5).standard_normal(256 + 128 * 30), 10000)
    with pytest.warns(RuntimeWarning, match="Not enough STFT frames"):
        assert pystoi.stoi(reference.samples[0], reference.samples[0], 10000) == 1e-5
    with pytest.raises(ClipError, match="the clip has 29"):
        ask("stoi", reference, reference)
