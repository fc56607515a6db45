"""The low-pass anchors against the frequency response they state, measured with single tones."""

from __future__ import annotations

import numpy as np
import pytest

from codecmark import Audio, ClipError, Resources
from codecmark.codecs.lowpass import PLUGIN
from codecmark.core.contracts import Codec

CUTOFFS = {"3.5khz": 3500, "7khz": 7000}


@pytest.fixture(params=CUTOFFS)
def cutoff(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(name: str) -> Codec:
    return PLUGIN.open(next(setting for setting in PLUGIN.settings if setting.name == name), Resources())


def gain_db(codec: Codec, hertz: float, sample_rate: int) -> float:
    tone = Audio(0.5 * np.sin(2 * np.pi * hertz * np.arange(sample_rate) / sample_rate), sample_rate)
    (decoded,) = codec.decode(codec.encode([tone]))
    middle = slice(sample_rate // 4, 3 * sample_rate // 4)
    power = [float(np.mean(np.square(audio.samples[0, middle], dtype=np.float64))) for audio in (decoded, tone)]
    return 10 * np.log10(power[0] / power[1])


@pytest.mark.parametrize("sample_rate", [16000, 44100, 48000])
def test_passes_up_to_the_cutoff_and_stops_above(cutoff: str, sample_rate: int) -> None:
    codec, edge = opened(cutoff), CUTOFFS[cutoff]
    for passed in (50, 440, edge / 2, edge):
        assert gain_db(codec, passed, sample_rate) == pytest.approx(0, abs=0.01)
    for stopped in (edge + 500, edge + 800, 0.49 * sample_rate):
        assert gain_db(codec, stopped, sample_rate) < -78


def test_what_lies_below_the_cutoff_comes_back_unchanged(cutoff: str) -> None:
    time = np.arange(16000) / 16000
    audio = Audio(0.2 * np.sin(2 * np.pi * 440 * time) + 0.3 * np.cos(2 * np.pi * 3300 * time), 16000)
    codec = opened(cutoff)
    (decoded,) = codec.decode(codec.encode([audio]))
    np.testing.assert_allclose(decoded.samples[:, 200:-200], audio.samples[:, 200:-200], atol=2e-4)


def test_a_rate_that_leaves_nothing_to_remove_is_refused() -> None:
    with pytest.raises(ClipError, match="7000 Hz needs a higher sample rate than 8000 Hz") as error:
        opened("7khz").encode([Audio(np.zeros(800), 8000)])
    assert error.value.kind == "sample_rate"
