"""The mel filter bank of Slaney's Auditory Toolbox, in numpy: for the mel distances and for the lag estimator."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

_HZ_PER_MEL = 200 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27


@lru_cache(maxsize=64)
def slaney(sample_rate: int, fft_size: int, bands: int, low: float, high: float) -> NDArray[np.float32]:
    """Triangles of equal area (bands, fft_size // 2 + 1), spaced evenly in mel between `low` and `high` Hz.

    M. Slaney, Auditory Toolbox, 1998: linear below 1 kHz, logarithmic above; the same as librosa's default.
    """
    edges = _to_hz(np.linspace(_to_mel(low), _to_mel(high), bands + 2))[:, np.newaxis]
    bins = np.arange(fft_size // 2 + 1) * sample_rate / fft_size
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))
    return np.asarray(filters, dtype=np.float32)


def _to_mel(hz: float) -> float:
    if hz < _BREAK_HZ:
        return hz / _HZ_PER_MEL
    return float(_BREAK_MEL + np.log(hz / _BREAK_HZ) / _LOG_STEP)


def _to_hz(mel: ArrayLike) -> NDArray[np.float64]:
    mel = np.asarray(mel, dtype=np.float64)
    exponential = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _HZ_PER_MEL, exponential)
