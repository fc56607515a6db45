"""The lag estimate on known shifts and on real pairs with recorded lags."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError
from codecmark.core.scores import NotApplicable, Score


def test_real_pairs(pairs: Any, ask: Any) -> None:
    compared = 0
    for pair in pairs.each():
        if pair.record.get("lag_env_search_ms") != 50:
            continue  # the stereo music pairs were searched further
        answer = ask("lag", pair.reference, pair.decoded)["lag_samples"]
        assert isinstance(answer, Score) is pair.record["lag_trusted"], (pair.name, answer)
        found = answer.value if isinstance(answer, Score) else answer.detail["lag_samples"]
        tolerance = pairs.tolerances["lag_samples_where_trusted"]
        assert found == pytest.approx(pair.record["lag_samples"], abs=tolerance), pair.name
        assert answer.detail["corr"] == pytest.approx(pair.record["lag_corr"], abs=1e-5)
        assert answer.detail["corr_at_zero"] == pytest.approx(pair.record["lag0_corr"], abs=1e-5)
        assert answer.detail["env_corr"] == pytest.approx(pair.record["lag_env_corr"], abs=2e-3)
        if pair.record["lag_env_trusted"]:
            assert answer.detail["lag_env_ms"] == pytest.approx(pair.record["lag_env_ms"], abs=0.5)
        compared += 1
    assert compared > 80


@pytest.mark.parametrize("sample_rate", [8000, 16000, 48000])
@pytest.mark.parametrize("milliseconds", [0, 1, 30, -1, -30])
def test_a_shift_is_found(speechlike: Audio, ask: Any, sample_rate: int, milliseconds: int) -> None:
    reference = Audio(speechlike.samples, sample_rate)
    late = milliseconds * sample_rate // 1000
    answer = ask("lag", reference, reference.shift(-late))["lag_samples"]
    assert isinstance(answer, Score)
    assert answer.value == late
    assert answer.detail["corr"] == pytest.approx(1, abs=1e-5)
    assert answer.detail["lag_env_ms"] == pytest.approx(milliseconds, abs=0.05)
    assert answer.detail["trusted"] is True


def test_level_and_offset_do_not_matter(speechlike: Audio, ask: Any) -> None:
    decoded = Audio(0.01 * speechlike.shift(-7).samples + 0.2, 16000)
    assert ask("lag", speechlike, decoded)["lag_samples"].value == 7


def test_a_flipped_polarity_is_not_trusted(speechlike: Audio, ask: Any) -> None:
    answer = ask("lag", speechlike, Audio(-speechlike.samples, 16000))["lag_samples"]
    assert isinstance(answer, NotApplicable)
    assert answer.detail["corr_at_zero"] == pytest.approx(-1)
    assert answer.detail["lag_env_ms"] == pytest.approx(0, abs=0.01)


def test_other_noise_is_not_trusted(speechlike: Audio, ask: Any) -> None:
    other = Audio(0.1 * np.random.default_rng(3).standard_normal(32000), 16000)
    answer = ask("lag", speechlike, other)["lag_samples"]
    assert isinstance(answer, NotApplicable)
    assert answer.reason.startswith("not trusted: the waveforms' largest correlation is 0.0")
    assert answer.detail["trusted"] is False


def test_a_pitch_period_off_is_told_by_the_envelope(ask: Any) -> None:
    """Odd harmonics of 100 Hz, upside down: the waveform fits again half a period later, the envelope never moved."""
    times = np.arange(32000) / 16000
    tone = sum(np.sin(2 * np.pi * 100 * order * times) / order for order in (1, 3, 5, 7))
    loudness = np.interp(times, np.linspace(0, 2, 41), np.random.default_rng(4).uniform(0.01, 0.4, 41))
    answer = ask("lag", Audio(loudness * tone, 16000), Audio(-loudness * tone, 16000))["lag_samples"]
    assert isinstance(answer, NotApplicable)
    assert answer.detail["corr"] > 0.9
    assert abs(answer.detail["lag_samples"]) % 160 == 80
    assert "by the waveforms, 0.0 ms by the envelopes" in answer.reason.replace("-0.0", "0.0")


def test_a_peak_at_the_edge_of_the_search_is_not_trusted(ask: Any) -> None:
    hum = Audio(0.5 * np.sin(2 * np.pi * 7 * np.arange(32000) / 16000), 16000)
    answer = ask("lag", hum, hum.shift(-1000))["lag_samples"]
    assert isinstance(answer, NotApplicable)
    assert answer.reason == "not trusted: the peak is at the edge of the search (50 ms)"


def test_silence_and_short_clips_are_typed(speechlike: Audio, silence: Audio, ask: Any) -> None:
    for reference, decoded, side in ((silence, speechlike, "reference"), (speechlike, silence, "decoded signal")):
        with pytest.raises(ClipError, match=f"the {side} is silent") as caught:
            ask("lag", reference, decoded)
        assert caught.value.kind == "silent"
    with pytest.raises(ClipError, match=r"the clip has 0\.050 s") as caught:
        ask("lag", speechlike.fit(800), speechlike.fit(800))
    assert caught.value.kind == "too_short"
