"""Opus against libsndfile's own decoder, and its quality on real speech by the PESQ package."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from codecmark import Audio, Packets, Resources, Setting
from codecmark.codecs.opus import PLUGIN

CLIPS = ("1998-15444-0000", "2414-128291-0000", "3005-163389-0000")


def ogg_opus(samples: NDArray[np.float32], kbps: int) -> bytes:
    """An Ogg Opus file as FFmpeg writes it: it holds the pre-skip and the true length."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=16000, layout="mono", options={"vbr": "off"})
        stream.bit_rate, stream.format = kbps * 1000, "flt"
        frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts = 16000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("setting", PLUGIN.settings, ids=lambda setting: setting.name)
def test_equal_to_an_ogg_file_read_by_libsndfile(setting: Setting) -> None:
    """Another build of libopus, which reads delay and length from the file: no sample may differ."""
    rng = np.random.default_rng(0)
    audio = Audio(0.1 * np.cumsum(rng.uniform(-0.5, 0.5, 20011)) % 0.5, 16000)
    codec = PLUGIN.open(setting, Resources())
    (sent,) = codec.encode([audio])
    assert isinstance(sent, Packets)
    file = ogg_opus(audio.samples[0], int(setting.name))
    with av.open(io.BytesIO(file)) as container:
        packets = tuple(bytes(packet) for packet in container.demux(audio=0) if packet.size)
    assert packets == sent.payload
    expected, sample_rate = soundfile.read(io.BytesIO(file), dtype="float32")
    assert (sample_rate, len(expected)) == (16000, audio.num_samples)
    (decoded,) = codec.decode([sent])
    np.testing.assert_allclose(decoded.samples[0], expected, atol=1e-6)


def test_quality_of_real_speech_rises_with_the_bit_rate(shared: Path) -> None:
    from pesq import pesq

    mean = []
    clips = [Audio.read(shared / f"data/librispeech_test_other/{name}.flac").fit(96000) for name in CLIPS]
    for setting in PLUGIN.settings:
        codec = PLUGIN.open(setting, Resources())
        pairs = zip(clips, codec.decode(codec.encode(clips)), strict=True)
        mean.append(np.mean([pesq(16000, clip.samples[0], audio.samples[0], "wb") for clip, audio in pairs]))
    assert all(lower + 0.05 < higher for lower, higher in pairwise(mean)), mean
    assert 1.3 < mean[0] < 2.6
    assert 4.3 < mean[-1] < 4.64
