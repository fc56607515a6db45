"""MP3 against libsndfile's decoder of the same stream."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from codecmark import Audio, Packets, Resources, Setting
from codecmark.codecs.mp3 import PLUGIN


@pytest.mark.parametrize("setting", PLUGIN.settings, ids=lambda setting: setting.name)
def test_equal_to_mpg123_after_the_declared_delay(setting: Setting) -> None:
    rng = np.random.default_rng(0)
    audio = Audio(0.1 * np.cumsum(rng.uniform(-0.5, 0.5, 20011)) % 0.5, 16000)
    codec = PLUGIN.open(setting, Resources())
    (sent,) = codec.encode([audio])
    assert isinstance(sent, Packets)
    stream, sample_rate = soundfile.read(io.BytesIO(b"".join(sent.payload)), dtype="float32")
    assert (sample_rate, len(stream)) == (16000, 576 * len(sent.payload))
    (decoded,) = codec.decode([sent])
    np.testing.assert_allclose(decoded.samples[0], stream[1105 : 1105 + 20011], atol=1e-5)
