"""Mu-law against libsndfile, libavcodec and the table of the standard."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
import soundfile

from codecmark import Audio, Packets, Resources
from codecmark.codecs.mulaw import PLUGIN
from codecmark.nn.pcm import compress, expand

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)
EVERY_CODE = np.arange(256).astype(np.uint8)


def test_codes_equal_libsndfile_for_every_16_bit_sample() -> None:
    file = io.BytesIO()
    soundfile.write(file, EVERY_SAMPLE, 8000, format="RAW", subtype="ULAW")
    np.testing.assert_array_equal(compress(EVERY_SAMPLE), np.frombuffer(file.getvalue(), dtype=np.uint8))


def test_samples_equal_libavcodec_for_every_code() -> None:
    context = av.CodecContext.create("pcm_mulaw", "r")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout = 8000, "mono"
    (frame,) = context.decode(av.Packet(EVERY_CODE.tobytes()))
    np.testing.assert_array_equal(expand(EVERY_CODE), frame.to_ndarray().reshape(-1))


@pytest.mark.parametrize(
    ("code", "value"), [(0x80, 8031), (0x00, -8031), (0x8F, 4191), (0xEF, 33), (0xFE, 2), (0xFF, 0), (0x7F, 0)]
)
def test_decoder_output_values_of_the_standard(code: int, value: int) -> None:
    """ITU-T G.711, table 2a, on its 14-bit scale."""
    assert expand(np.array([code], dtype=np.uint8))[0] == 4 * value


def test_one_byte_a_sample_and_a_relative_error_below_one_part_in_32() -> None:
    audio = Audio(0.9 * np.sin(np.arange(16000) * 0.05), 16000)
    codec = PLUGIN.open(PLUGIN.settings[1], Resources())
    (sent,) = codec.encode([audio])
    assert isinstance(sent, Packets)
    assert sent.bits / audio.seconds / 1000 == 128 == PLUGIN.settings[1].nominal_kbps
    (decoded,) = codec.decode([sent])
    error = np.abs(decoded.samples - audio.samples)
    assert (error <= np.abs(audio.samples) / 31 + 4 / 32768).all()
