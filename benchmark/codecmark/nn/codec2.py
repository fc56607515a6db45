"""Codec 2: encoded by pycodec2, decoded by the library inside it, loaded anew for every clip.

The decoder draws the phases of unvoiced sounds from one random generator for the whole process (`codec2_rand`), which
nothing can seed. A clip would sound different after another one than alone, and a resumed run would differ from an
uninterrupted one. A library that is loaded, used and unloaded starts where the decoder of a new process does.
"""

from __future__ import annotations

import ctypes
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pycodec2

from codecmark.nn.frames import Samples, from_int16, to_int16
from codecmark.nn.wheels import bundled_library

MODES = {3200: 0, 1600: 2, 700: 8}
"""The number codec2.h gives a mode of so many bit/s; 700 is the mode called 700C."""

_unload = ctypes.CDLL(None).dlclose
_unload.argtypes = [ctypes.c_void_p]


class Codec2Coder:
    """One mode, by its bit rate in bit/s; 16-bit samples at 8 kHz."""

    def __init__(self, bit_rate: int) -> None:
        self._bit_rate = bit_rate
        self._frame = int(pycodec2.Codec2(bit_rate).samples_per_frame())
        # A copy of our own: the library that pycodec2 has loaded stays loaded, and so would its generator.
        self._folder = tempfile.TemporaryDirectory(prefix="codecmark-codec2-")
        self._library = shutil.copy(bundled_library("pycodec2", "libcodec2"), self._folder.name)

    @property
    def frame(self) -> int:
        return self._frame

    def encode(self, samples: Samples) -> list[bytes]:
        encoder = pycodec2.Codec2(self._bit_rate)
        return [encoder.encode(frame) for frame in to_int16(samples).reshape(-1, self._frame)]

    def decode(self, packets: Sequence[bytes]) -> Samples:
        frames = np.zeros((len(packets), self._frame), dtype=np.int16)
        with _loaded(self._library) as codec2:
            state = codec2.codec2_create(MODES[self._bit_rate])
            for frame, packet in zip(frames, packets, strict=True):
                codec2.codec2_decode(state, frame.ctypes.data, packet)
            codec2.codec2_destroy(state)
        return from_int16(frames.reshape(-1))


@contextmanager
def _loaded(path: str) -> Iterator[ctypes.CDLL]:
    library = ctypes.CDLL(path)
    library.codec2_create.argtypes = [ctypes.c_int]
    library.codec2_create.restype = ctypes.c_void_p
    library.codec2_decode.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p]
    library.codec2_decode.restype = None
    library.codec2_destroy.argtypes = [ctypes.c_void_p]
    library.codec2_destroy.restype = None
    try:
        yield library
    finally:
        _unload(library._handle)
