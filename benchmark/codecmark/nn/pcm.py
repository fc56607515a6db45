"""Codecs that send every sample: as it is, low-passed, or companded to 8 bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from codecmark.core.audio import Audio
from codecmark.core.encoded import Encoded, Packets
from codecmark.core.errors import ClipError
from codecmark.nn.frames import from_int16, payload, to_int16

TRANSITION_HZ = 500.0
STOPBAND_DB = 80.0

_BIAS = 132
_CLIP = 32635
"""Of G.711 mu-law in 16-bit units: 33 and 8158 of its 14-bit scale, and the bits below."""


@dataclass(frozen=True, eq=False)
class PcmPackets(Packets):
    """32-bit float samples as bytes. The rate is known beforehand like the number of samples, and not counted."""

    sample_rate: int


class FloatPcm:
    """Sends 32-bit float samples at whatever rate they come in: what is decoded equals what was encoded."""

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        return [
            PcmPackets((audio.samples.astype("<f4").tobytes(),), audio.num_samples, audio.sample_rate)
            for audio in batch
        ]

    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        return [self._decode(sent) for sent in batch]

    def _decode(self, sent: Encoded) -> Audio:
        if not isinstance(sent, PcmPackets):
            raise TypeError(f"float PCM decodes PcmPackets, not {type(sent).__name__}")
        return Audio(np.frombuffer(b"".join(sent.payload), dtype="<f4"), sent.sample_rate)


class LowPass(FloatPcm):
    """Float PCM behind a linear-phase low-pass filter without lag.

    It passes up to `cutoff` Hz and stops from 500 Hz above it by 80 dB (Kaiser window). Raises `ClipError` where
    that does not lie below half the clip's sample rate: there would be nothing to remove.
    """

    def __init__(self, cutoff: float) -> None:
        self._cutoff = cutoff

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        return super().encode([self._filtered(audio) for audio in batch])

    def _filtered(self, audio: Audio) -> Audio:
        taps = self._taps(audio.sample_rate)
        whole = signal.fftconvolve(audio.samples[0].astype(np.float64), taps)
        start = len(taps) // 2
        return Audio(whole[start : start + audio.num_samples], audio.sample_rate)

    def _taps(self, sample_rate: int) -> NDArray[np.float64]:
        if self._cutoff + TRANSITION_HZ > sample_rate / 2:
            raise ClipError(
                "sample_rate", f"a low-pass at {self._cutoff:g} Hz needs a higher sample rate than {sample_rate} Hz"
            )
        length, beta = signal.kaiserord(STOPBAND_DB, TRANSITION_HZ / (sample_rate / 2))
        middle = self._cutoff + TRANSITION_HZ / 2
        taps = signal.firwin(length | 1, middle, window=("kaiser", beta), fs=sample_rate)
        return np.asarray(taps, dtype=np.float64)


class MuLaw:
    """G.711 mu-law: 8 bits a sample, at a rate of the caller's."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        return [Packets((compress(to_int16(audio.samples[0])).tobytes(),), audio.num_samples) for audio in batch]

    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        return [self._decode(sent) for sent in batch]

    def _decode(self, sent: Encoded) -> Audio:
        codes = np.frombuffer(b"".join(payload(sent)), dtype=np.uint8)
        return Audio(from_int16(expand(codes)), self._sample_rate)


def compress(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """The mu-law codes of 16-bit samples, by sign and magnitude (ITU-T G.711, table 2)."""
    wide = samples.astype(np.int32)
    magnitude = np.minimum(np.abs(wide), _CLIP) + _BIAS
    segment = np.frexp(magnitude)[1] - 8
    step = (magnitude >> (segment + 3)) & 0x0F
    sign = np.where(wide < 0, 0x80, 0)
    codes: NDArray[np.int32] = ~(sign | segment << 4 | step) & 0xFF
    return codes.astype(np.uint8)


def expand(codes: NDArray[np.uint8]) -> NDArray[np.int16]:
    """The 16-bit samples of mu-law codes (ITU-T G.711, table 2)."""
    bits = ~codes.astype(np.int32) & 0xFF
    magnitude = ((bits & 0x0F) * 8 + _BIAS << (bits >> 4 & 0x07)) - _BIAS
    return np.where(bits & 0x80, -magnitude, magnitude).astype(np.int16)
