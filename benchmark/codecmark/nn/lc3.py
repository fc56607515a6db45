"""LC3 by Google's liblc3."""

from __future__ import annotations

from collections.abc import Sequence

import lc3
import numpy as np

from codecmark.nn.frames import Samples

FRAME_MICROSECONDS = 10_000


class Lc3Coder:
    """Frames of 10 ms, each of the same number of bytes, as near to `bit_rate` (bit/s) as whole bytes allow."""

    def __init__(self, sample_rate: int, bit_rate: int) -> None:
        self._sample_rate = sample_rate
        encoder = lc3.Encoder(FRAME_MICROSECONDS, sample_rate)
        self._frame = int(encoder.get_frame_samples())
        self._bytes = int(encoder.get_frame_bytes(bit_rate))

    @property
    def frame(self) -> int:
        return self._frame

    def encode(self, samples: Samples) -> list[bytes]:
        encoder = lc3.Encoder(FRAME_MICROSECONDS, self._sample_rate)
        return [encoder.encode(frame, self._bytes) for frame in samples.reshape(-1, self._frame)]

    def decode(self, packets: Sequence[bytes]) -> Samples:
        decoder = lc3.Decoder(FRAME_MICROSECONDS, self._sample_rate)
        return np.concatenate([np.asarray(decoder.decode(packet), dtype=np.float32) for packet in packets])
