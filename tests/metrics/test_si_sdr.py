"""SI-SDR against its closed form and recorded values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError
from codecmark.core.items import Clip, Output, Request
from codecmark.core.resources import Resources
from codecmark.core.scores import NotApplicable
from codecmark.metrics.si_sdr import PLUGIN

NOISE_DB = -50
"""Below this the value is rounding noise in the sums."""


def test_real_pairs(pairs: Any, ask: Any) -> None:
    compared = 0
    for pair in pairs.each():
        expected = pair.expected("si_sdr")
        if expected is None or expected < NOISE_DB:
            continue
        found = ask("si_sdr", pair.reference, pair.decoded)["si_sdr"].value
        assert found == pytest.approx(expected, abs=pairs.tolerances["si_sdr_db"]), pair.name
        compared += 1
    assert compared > 80


@pytest.mark.parametrize("amplitude", [1.0, 0.1, 0.001])
@pytest.mark.parametrize("offset", [0.0, 0.2])
def test_orthogonal_noise_gives_the_ratio_of_energies(ask: Any, amplitude: float, offset: float) -> None:
    """Whole periods of two sines are orthogonal, so SI-SDR = -20 log10 of the noise's amplitude; a mean is nothing."""
    phase = 2 * np.pi * np.arange(16000) / 16000
    signal, noise = np.sin(100 * phase), np.sin(217 * phase)
    decoded = Audio(0.3 * (signal + amplitude * noise) + offset, 16000)
    value = ask("si_sdr", Audio(0.8 * signal, 16000), decoded)["si_sdr"].value
    assert value == pytest.approx(-20 * np.log10(amplitude), abs=1e-3)


def test_identical_signals_are_not_a_number(speechlike: Audio, ask: Any) -> None:
    assert ask("si_sdr", speechlike, speechlike)["si_sdr"] == NotApplicable("identical", {"gain": 1.0})


def test_silence_and_constants_are_typed(speechlike: Audio, silence: Audio, ask: Any) -> None:
    constant = Audio(np.full(32000, 0.25), 16000)
    for reference, decoded, message in (
        (silence, speechlike, "the reference is silent"),
        (speechlike, silence, "the decoded signal is silent"),
        (constant, speechlike, "the reference is constant"),
        (speechlike, constant, "the decoded signal is constant"),
    ):
        with pytest.raises(ClipError, match=message) as caught:
            ask("si_sdr", reference, decoded)
        assert caught.value.kind == "silent"


def test_nothing_of_the_reference_is_typed(ask: Any) -> None:
    reference, decoded = np.zeros(1000), np.zeros(1000)
    reference[[10, 11]], decoded[[500, 501]] = (0.5, -0.5), (0.5, -0.5)
    with pytest.raises(ClipError, match="minus infinity") as caught:
        ask("si_sdr", Audio(reference, 16000), Audio(decoded, 16000))
    assert caught.value.kind == "uncorrelated"


def test_a_request_is_compared_with_its_reference(speechlike: Audio) -> None:
    worker = PLUGIN.open(("si_sdr",), Resources())
    clip = Clip(id="a", load=lambda: speechlike, seconds=2, sha256="0")
    prepared = worker.prepare(Request(id="a", act="SE", reference=clip))
    assert isinstance(worker.score([(prepared, Output(id="a", audio=speechlike))])[0]["si_sdr"], NotApplicable)
    with pytest.raises(ClipError, match="request 'b' has no reference") as caught:
        worker.prepare(Request(id="b", act="TTS"))
    assert caught.value.kind == "no_reference"
    with pytest.raises(ClipError, match="no audio") as caught:
        worker.score([(prepared, Output(id="a", text="words"))])
    assert caught.value.kind == "no_audio"


def test_a_signal_with_nan_never_reaches_a_metric() -> None:
    with pytest.raises(ClipError) as caught:
        Audio([0.1, float("nan")], 16000)
    assert caught.value.kind == "not_finite"
