"""AMR-NB against another decoder of it: FFmpeg's own, in floating point."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from codecmark import Audio, Packets, Resources, Setting
from codecmark.codecs.amrnb import PLUGIN


@pytest.mark.parametrize("setting", PLUGIN.settings, ids=lambda setting: setting.name)
def test_like_the_floating_point_decoder_after_the_declared_delay(setting: Setting, shared: Path) -> None:
    audio = Audio.read(shared / "data/librispeech_test_other/1688-142285-0002.flac").resample(8000)
    codec = PLUGIN.open(setting, Resources())
    (sent,) = codec.encode([audio])
    assert isinstance(sent, Packets)
    context = av.CodecContext.create("amrnb", "r")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout = 8000, "mono"
    frames = [frame.to_ndarray().reshape(-1) for packet in sent.payload for frame in context.decode(av.Packet(packet))]
    expected = np.concatenate(frames)[40 : 40 + audio.num_samples]
    (decoded,) = codec.decode([sent])
    assert np.corrcoef(decoded.samples[0], expected)[0, 1] > 0.995


def test_frames_carry_the_mode_of_the_setting() -> None:
    """Frame type in bits 3 to 6 of the first byte: 0 is 4.75, 7 is 12.2 kbps (RFC 4867, table 1a of TS 26.101)."""
    for setting, mode in zip(PLUGIN.settings, (0, 7), strict=True):
        (sent,) = PLUGIN.open(setting, Resources()).encode([Audio(0.1 * np.sin(np.arange(1600)), 8000)])
        assert isinstance(sent, Packets)
        assert {packet[0] >> 3 & 0x0F for packet in sent.payload} == {mode}
