"""Opus: encoded through PyAV, decoded by the libopus inside PyAV at the codec's own rate.

FFmpeg has libopus decode at 48 kHz whatever was encoded. What libopus adds on the way up is 0.5 samples (of 16 kHz)
less than the pre-skip takes away, so that all would come early, and SI-SDR at 32 kbps would lose 4 to 10 dB.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

from codecmark.core.settings import Setting
from codecmark.nn.frames import Samples
from codecmark.nn.libav import LibavEncoder
from codecmark.nn.wheels import bundled_library


class OpusCoder:
    """One bit rate; libopus calls as in opus.h (RFC 6716, appendix A)."""

    def __init__(self, setting: Setting) -> None:
        self._encoder = LibavEncoder(setting, "libopus")
        self._libopus = _load()

    @property
    def frame(self) -> int:
        return self._encoder.frame

    def encode(self, samples: Samples) -> list[bytes]:
        return self._encoder.encode(samples)

    def decode(self, packets: Sequence[bytes]) -> Samples:
        """The frames, also beyond full scale; a packet that libopus refuses raises `ValueError`."""
        frames = np.zeros((len(packets), self.frame), dtype=np.float32)
        state = self._libopus.opus_decoder_create(self._encoder.sample_rate, 1, None)
        try:
            for frame, packet in zip(frames, packets, strict=True):
                place = frame.ctypes.data
                got = self._libopus.opus_decode_float(state, packet, len(packet), place, self.frame, 0)
                if got != self.frame:
                    raise ValueError(f"libopus gave {got} samples of a packet, expected {self.frame}")
        finally:
            self._libopus.opus_decoder_destroy(state)
        return frames.reshape(-1)


def _load() -> ctypes.CDLL:
    libopus = ctypes.CDLL(str(bundled_library("av", "libopus")))
    libopus.opus_decoder_create.argtypes = [ctypes.c_int32, ctypes.c_int, ctypes.c_void_p]
    libopus.opus_decoder_create.restype = ctypes.c_void_p
    libopus.opus_decode_float.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.c_void_p,
        ctypes.c_int,
        ctypes.c_int,
    ]
    libopus.opus_decode_float.restype = ctypes.c_int
    libopus.opus_decoder_destroy.argtypes = [ctypes.c_void_p]
    libopus.opus_decoder_destroy.restype = None
    return libopus
