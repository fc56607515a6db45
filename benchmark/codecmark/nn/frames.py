"""Byte codecs that make one packet of each frame of samples: framing, delay and counting, written once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from codecmark.core.audio import Audio
from codecmark.core.encoded import Encoded, Packets

FULL_SCALE = 32768.0

Samples = NDArray[np.float32]
"""One channel, one-dimensional, nominally in [-1, 1]."""


class FrameCoder(Protocol):
    """Encoder and decoder of one setting. Every call starts from a new state: no clip is heard in another."""

    @property
    def frame(self) -> int:
        """Samples in a packet."""

    def encode(self, samples: Samples) -> list[bytes]:
        """One packet per frame, in order; packets that only flush the encoder may follow. Takes whole frames."""

    def decode(self, packets: Sequence[bytes]) -> Samples:
        """One frame of samples per packet."""


@dataclass(frozen=True, slots=True)
class FrameCodec:
    """A codec on a `FrameCoder` whose output is late by `delay` samples, which are cut from the start.

    It sends the packets that cover delay and clip, and no more: ceil((num_samples + delay) / frame), the last filled
    up with silence.
    """

    coder: FrameCoder
    sample_rate: int
    delay: int = 0

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        return [self._encode(audio) for audio in batch]

    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        return [self._decode(sent) for sent in batch]

    def _encode(self, audio: Audio) -> Packets:
        frames = -(-(audio.num_samples + self.delay) // self.coder.frame)
        packets = self.coder.encode(audio.fit(frames * self.coder.frame).samples[0])
        return Packets(tuple(packets[:frames]), audio.num_samples)

    def _decode(self, sent: Encoded) -> Audio:
        samples = self.coder.decode(payload(sent))
        return Audio(samples[self.delay : self.delay + sent.num_samples], self.sample_rate)


def payload(sent: Encoded) -> tuple[bytes, ...]:
    """The packets of what a byte codec sent. Raises `TypeError` for tokens."""
    if not isinstance(sent, Packets):
        raise TypeError(f"a byte codec decodes Packets, not {type(sent).__name__}")
    return sent.payload


def to_int16(samples: Samples) -> NDArray[np.int16]:
    """16-bit samples, rounded to the nearest; what lies beyond full scale is clipped."""
    scaled: Samples = np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return scaled.astype(np.int16)


def from_int16(samples: NDArray[np.int16]) -> Samples:
    """Floating-point samples in [-1, 1)."""
    return (samples / FULL_SCALE).astype(np.float32)
