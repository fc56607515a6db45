"""Spectrograms as small pictures: all on one scale of level, so that two beside each other can be compared."""

from __future__ import annotations

import struct
import zlib

import matplotlib
import numpy as np
from numpy.typing import NDArray

from codecmark.core.audio import Audio

WINDOW = 512
WIDTH, HEIGHT = 280, 96
FLOOR_DB, CEILING_DB = -90.0, -10.0
"""Levels in dB of a full-scale sine, from black to white."""
SHADES = 24
"""Few enough for a small file, and no steps are seen."""


def png(audio: Audio, top_hz: float) -> bytes:
    """The level over time (left to right) and frequency (0 Hz at the bottom to `top_hz`), as a PNG with a palette.

    Hann windows of 512 samples, the first channel. What is above the audio's own Nyquist frequency is black.
    """
    level = _level_db(audio.samples[0])
    shade = np.clip((level - FLOOR_DB) / (CEILING_DB - FLOOR_DB), 0, 1)
    bins = np.linspace(top_hz, 0, HEIGHT) / (audio.sample_rate / 2) * (shade.shape[1] - 1)
    inside = bins <= shade.shape[1] - 1
    picture = np.zeros((HEIGHT, len(shade)), dtype=np.uint8)
    picture[inside] = np.round(shade.T[np.round(bins[inside]).astype(int)] * (SHADES - 1))
    return _png(picture)


def _level_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of shape (frames, bins); as many frames as the picture is wide."""
    padded = np.pad(samples, WINDOW // 2).astype(np.float64)
    starts = np.linspace(0, len(padded) - WINDOW, WIDTH).astype(int)
    window = np.hanning(WINDOW)
    frames = padded[starts[:, None] + np.arange(WINDOW)] * window
    power = np.abs(np.fft.rfft(frames, axis=1)) * 2 / window.sum()
    level: NDArray[np.float64] = 20 * np.log10(np.maximum(power, 1e-10))
    return level


def _png(picture: NDArray[np.uint8]) -> bytes:
    """PNG (ISO/IEC 15948) of colour type 3: a palette, and a byte per pixel into it."""
    height, width = picture.shape
    colours = np.asarray(matplotlib.colormaps["magma"](np.linspace(0, 1, SHADES)))[:, :3]
    rows = np.pad(picture, ((0, 0), (1, 0)))  # each row begins with its filter: none
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", np.round(colours * 255).astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
