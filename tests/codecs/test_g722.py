"""G.722: nearly transparent for speech by the PESQ package, and 64 kbit/s exactly."""

from __future__ import annotations

from pathlib import Path

from codecmark import Audio, Resources
from codecmark.codecs.g722 import PLUGIN


def test_quality_of_real_speech(shared: Path) -> None:
    from pesq import pesq

    audio = Audio.read(shared / "data/librispeech_test_other/1998-15444-0000.flac").fit(96000)
    codec = PLUGIN.open(PLUGIN.settings[0], Resources())
    (sent,) = codec.encode([audio])
    (decoded,) = codec.decode([sent])
    assert sent.bits == 300 * 160 * 8 + 160 * 8  # 6 s in packets of 20 ms, and one more for the delay
    assert pesq(16000, audio.samples[0], decoded.samples[0], "wb") > 3.8
