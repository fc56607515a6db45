"""STOI and ESTOI for whole clips at once, with the numerics of pystoi, whose constants and filters are used.

STOI: C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen, IEEE TASLP 19(7), 2011. ESTOI: J. Jensen, C. H. Taal, IEEE/ACM
TASLP 24(11), 2016. pystoi goes frame by frame and segment by segment; here both are axes of an array. In ESTOI it adds
noise of 1e-16 against division by zero; here a band or frame without variation counts as uncorrelated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import gcd

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pystoi.stoi import BETA, DYN_RANGE, FS, N_FRAME, NFFT, OBM, N
from pystoi.utils import EPS, _resample_window_oct, resample_oct

Array = NDArray[np.float64]
BANDS = len(OBM)
SEGMENT: int = N
"""Frames of a segment, 384 ms."""
HOP: int = N_FRAME // 2
CLIP: float = 1 + 10 ** (-BETA / 20)
CHUNK = 256
"""Segments worked on at a time, so that they stay in the processor's cache."""
SIMPLE = 5
"""16, 24, 32 and 48 kHz are 8/5 to 24/5 of 10 kHz; 44.1 kHz is 441/100, too many phases for a matrix."""
BLOCK = 8
"""Outputs per phase in one row of the product: enough for BLAS, few enough that the matrix has few zeros."""
_WINDOW: Array = np.hanning(N_FRAME + 2)[1:-1]


@dataclass(frozen=True, slots=True)
class Reference:
    """What both scores need of the reference: which frames are not silent (frames,), band envelopes (15, frames)."""

    active: NDArray[np.bool_]
    envelopes: Array


def analyse(samples: NDArray[np.float32], sample_rate: int) -> Reference:
    """The reference half. Frames 40 dB below the loudest are silent and left out of both signals."""
    frames = _frames(_at_10k(samples, sample_rate)) * _WINDOW
    if not len(frames):
        return Reference(np.zeros(0, dtype=bool), np.zeros((BANDS, 0)))
    energies = 20 * np.log10(np.linalg.norm(frames, axis=1) + EPS)
    active = (np.max(energies) - DYN_RANGE - energies) < 0
    return Reference(active, _envelopes(frames[active]))


def envelopes(samples: NDArray[np.float32], sample_rate: int, reference: Reference) -> Array:
    """The same of a decoded signal as long as the reference, over the frames where the reference is not silent."""
    frames = _frames(_at_10k(samples, sample_rate))
    return _envelopes(frames[reference.active] * _WINDOW)


def stoi(reference: Array, decoded: Array) -> float:
    """The mean correlation of clipped envelope segments (Taal 2011, eq. 6), from envelopes of shape (15, frames)."""
    total = 0.0
    for x, y in _segments(reference, decoded):
        scale = _norm(x, 1) / (_norm(y, 1) + EPS)
        y_clipped = np.minimum(y * scale, x * CLIP)
        y_clipped -= y_clipped.mean(axis=1, keepdims=True)
        x_centred = x - x.mean(axis=1, keepdims=True)
        products = np.einsum("bns,bns->bs", x_centred, y_clipped)
        total += float(np.sum(products / ((_norm(x_centred, 1) + EPS) * (_norm(y_clipped, 1) + EPS))[:, 0]))
    return total / (BANDS * _count(reference))


def estoi(reference: Array, decoded: Array) -> float:
    """The mean correlation of segments normalised over time, then over bands (Jensen and Taal 2016, eq. 8)."""
    total = 0.0
    for x, y in _segments(reference, decoded):
        x_normed, y_normed = (_normalised(_normalised(side, 1), 0) for side in (x, y))
        total += float(np.einsum("bns,bns->", x_normed, y_normed))
    return total / (SEGMENT * _count(reference))


def _at_10k(samples: NDArray[np.float32], sample_rate: int) -> Array:
    """pystoi's resampling to 10 kHz, as one matrix product where the ratio of the rates is simple."""
    if sample_rate == FS:
        return np.asarray(samples, dtype=np.float64)
    up, down = FS // gcd(FS, sample_rate), sample_rate // gcd(FS, sample_rate)
    if up > SIMPLE:
        return np.asarray(resample_oct(samples, FS, sample_rate), dtype=np.float64)
    matrix, before = _polyphase(up, down)
    step = matrix.shape[1] // up * down
    blocks = -(-len(samples) // step)
    padded = np.zeros(blocks * step + len(matrix))
    padded[before : before + len(samples)] = samples
    resampled = sliding_window_view(padded, len(matrix))[::step][:blocks] @ matrix
    return np.asarray(resampled.ravel()[: -(-len(samples) * up // down)])


@lru_cache(maxsize=8)
def _polyphase(up: int, down: int) -> tuple[Array, int]:
    """Columns are the filter's phases for BLOCK * up outputs in a row, rows the inputs they see; and how many of those
    lie before the block."""
    window = _resample_window_oct(up, down)
    taps = window / np.sum(window) * up
    half = len(taps) // 2
    before = half // up
    inputs = np.arange(-before, (BLOCK * down * up + half) // up)[:, None]
    tap = half + np.arange(BLOCK * up) * down - inputs * up
    return np.where((tap >= 0) & (tap < len(taps)), taps.take(tap, mode="clip"), 0.0), before


def _frames(signal: Array) -> Array:
    """Overlapping frames as a view (frames, 256); like pystoi, without one that ends where the signal does."""
    if len(signal) <= N_FRAME:
        return np.zeros((0, N_FRAME))
    return sliding_window_view(signal[:-1], N_FRAME)[::HOP]


def _envelopes(active_frames: Array) -> Array:
    """One-third octave band magnitudes of the signal that remains when active frames are added up again."""
    halves = active_frames.reshape(-1, 2, HOP)
    blocks = np.zeros((len(halves) + 1, HOP))
    blocks[:-1] = halves[:, 0]
    blocks[1:] += halves[:, 1]
    spectra = np.fft.rfft(_frames(blocks.ravel()) * _WINDOW, n=NFFT)
    power = spectra.real**2 + spectra.imag**2
    return np.asarray(np.sqrt(OBM @ power.T))


def _count(envelope: Array) -> int:
    return int(envelope.shape[1]) - SEGMENT + 1


def _segments(reference: Array, decoded: Array) -> Iterator[tuple[Array, Array]]:
    """Chunks of both signals' segments, as views (band, frame in the segment, segment)."""
    for start in range(0, _count(reference), CHUNK):
        part = slice(start, start + CHUNK + SEGMENT - 1)
        width = reference[:, part].shape[1] - SEGMENT + 1
        yield (
            sliding_window_view(reference[:, part], width, axis=1),
            sliding_window_view(decoded[:, part], width, axis=1),
        )


def _norm(values: Array, axis: int) -> Array:
    return np.asarray(np.sqrt(np.sum(np.square(values), axis=axis, keepdims=True)))


def _normalised(values: Array, axis: int) -> Array:
    centred = values - values.mean(axis=axis, keepdims=True)
    norm = _norm(centred, axis)
    inverse = np.divide(1, norm, out=np.zeros_like(norm), where=norm > SEGMENT * EPS)
    return np.asarray(centred * inverse)
