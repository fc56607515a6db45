"""AAC against the same encoder in an MP4 file, whose edit list tells the delay."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from codecmark import Audio, Resources, Setting
from codecmark.codecs.aac import PLUGIN


@pytest.mark.parametrize("setting", PLUGIN.settings, ids=lambda setting: setting.name)
def test_equal_to_an_mp4_file_without_its_container(setting: Setting) -> None:
    rng = np.random.default_rng(0)
    audio = Audio(0.1 * np.cumsum(rng.uniform(-0.5, 0.5, 20011)) % 0.5, 16000)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        stream.bit_rate = int(setting.name) * 1000
        frame = av.AudioFrame.from_ndarray(audio.samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(io.BytesIO(file.getvalue())) as container:
        expected = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])
    codec = PLUGIN.open(setting, Resources())
    (decoded,) = codec.decode(codec.encode([audio]))
    # The last packet of the file comes from a frame that ends with the clip, ours from one filled up with silence.
    np.testing.assert_allclose(decoded.samples[0, :-1024], expected[: audio.num_samples - 1024], atol=1e-6)
    np.testing.assert_allclose(decoded.samples[0], expected[: audio.num_samples], atol=0.01)
