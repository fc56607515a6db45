"""LC3 against lc3py called directly on 16-bit samples."""

from __future__ import annotations

import lc3
import numpy as np
import pytest

from codecmark import Audio, Packets, Resources, Setting
from codecmark.codecs.lc3 import PLUGIN


@pytest.mark.parametrize("setting", PLUGIN.settings, ids=lambda setting: setting.name)
def test_equal_to_a_direct_call_after_the_declared_delay(setting: Setting) -> None:
    rng = np.random.default_rng(0)
    audio = Audio(np.round(0.1 * np.cumsum(rng.uniform(-0.5, 0.5, 7979)) % 0.5 * 32768) / 32768, 16000)
    encoder, decoder = lc3.Encoder(10_000, 16000), lc3.Decoder(10_000, 16000)
    samples = (audio.fit(8160).samples[0] * 32768).astype(np.int16)
    packets = [
        encoder.encode(part.tobytes(), int(setting.name) * 10 // 8, bit_depth=16) for part in samples.reshape(-1, 160)
    ]
    decoded = b"".join(decoder.decode(packet, bit_depth=16) for packet in packets)
    delay = encoder.get_delay_samples()
    expected = np.frombuffer(decoded, dtype=np.int16)[delay : delay + 7979] / 32768

    codec = PLUGIN.open(setting, Resources())
    (sent,) = codec.encode([audio])
    assert isinstance(sent, Packets)
    assert list(sent.payload) == packets[: len(sent.payload)]
    (got,) = codec.decode([sent])
    np.testing.assert_allclose(got.samples[0], expected, atol=1.01 / 32768)
