"""The mel distances against recorded values of audiotools, and a formula written out here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError
from codecmark.core.items import Clip, Output
from codecmark.core.resources import Resources
from codecmark.core.scores import Failure
from codecmark.metrics.mel import PLUGIN
from codecmark.nn.mel_filters import slaney


def test_real_pairs(pairs: Any, ask: Any) -> None:
    compared = 0
    for pair in pairs.each():
        for name, answer in ask("mel", pair.reference, pair.decoded).items():
            assert answer.value == pytest.approx(pair.expected(name), abs=pairs.tolerances["mel"]), (pair.name, name)
            compared += 1
    assert compared > 160


def test_a_gain_moves_every_band_by_its_decibels(ask: Any) -> None:
    """Half the amplitude is log10(2) in every band of every scale, and half the magnitude."""
    loud = Audio(np.random.default_rng(6).standard_normal(32000), 16000)
    answers = ask("mel", loud, Audio(loud.samples / 2, 16000))
    assert answers["mel_dac"].value == pytest.approx(7 * np.log10(2), abs=1e-4)
    magnitudes = sum(_mean_mel(loud.samples[0], *scale) for scale in ((2048, 150), (512, 80)))
    assert answers["mel_cs"].value == pytest.approx(4 * np.log10(2) + magnitudes / 2, abs=1e-4)


def _mean_mel(samples: Any, window: int, bands: int) -> float:
    padded = np.pad(samples.astype(np.float64), window // 2, mode="reflect")
    starts = range(0, len(padded) - window + 1, window // 4)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    spectra = np.abs([np.fft.rfft(padded[start : start + window] * hann) for start in starts])
    return float((spectra @ slaney(16000, window, bands, 0, 8000).T).mean())


def test_slaney_filters_have_equal_area_and_known_edges() -> None:
    filters = slaney(16000, 2048, 40, 0, 8000).astype(np.float64)
    areas = filters.sum(axis=1) * 16000 / 2048
    assert areas == pytest.approx(np.ones(40), abs=0.02)
    # Below 1 kHz the scale is linear, 200/3 Hz to the mel; 8 kHz is 15 + 27 log_6.4 (8) mel.
    spacing = (15 + 27 * np.log(8) / np.log(6.4)) / 41 * 200 / 3
    centres = filters.argmax(axis=1) * 16000 / 2048
    assert centres[:8] == pytest.approx(spacing * np.arange(1, 9), abs=4)


def test_a_copy_is_at_no_distance_and_silence_at_a_finite_one(speechlike: Audio, silence: Audio, ask: Any) -> None:
    assert {answer.value for answer in ask("mel", speechlike, speechlike).values()} == {0.0}
    assert all(answer.value > 1 for answer in ask("mel", speechlike, silence).values())


def test_a_value_does_not_depend_on_the_batch(speechlike: Audio) -> None:
    worker = PLUGIN.open(("mel_cs", "mel_dac"), Resources())
    lengths = (1025, 5000, 32000)
    clips = [speechlike.fit(length) for length in lengths]
    batch = [(worker.prepare(_clip(clip)), Output(id="a", audio=_quieter(clip))) for clip in clips]
    assert list(worker.score(batch)) == [worker.score([pair])[0] for pair in batch]


def test_an_output_without_audio_fails_alone(speechlike: Audio) -> None:
    worker = PLUGIN.open(("mel_dac",), Resources())
    prepared = worker.prepare(_clip(speechlike))
    answers = worker.score([(prepared, Output(id="a")), (prepared, Output(id="b", audio=speechlike))])
    assert answers[0]["mel_dac"] == Failure("score", "no_audio", "the output has no audio")
    assert answers[1]["mel_dac"].value == 0


def test_silence_and_short_clips_are_typed(speechlike: Audio, silence: Audio, ask: Any) -> None:
    with pytest.raises(ClipError, match="the reference is silent") as caught:
        ask("mel", silence, speechlike)
    assert caught.value.kind == "silent"
    with pytest.raises(ClipError, match="more than 1024 samples, the clip has 1024") as caught:
        ask("mel", speechlike.fit(1024), speechlike.fit(1024))
    assert caught.value.kind == "too_short"


def _clip(audio: Audio) -> Clip:
    return Clip(id="a", load=lambda: audio, seconds=audio.seconds, sha256="0")


def _quieter(audio: Audio) -> Audio:
    return Audio(audio.samples * 0.7, audio.sample_rate)
