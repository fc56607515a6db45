"""How late a decoded signal is: the peak of the cross-correlation of the waveforms, checked by that of the envelopes.

A waveform peak alone is often a pitch period off where a codec does not keep the waveform. The envelopes are log mel
spectra every half millisecond: 16 kHz, Hann window of 25 ms, 40 bands from 60 to 7600 Hz, floored at 1e-4 of the
maximum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from codecmark.core.audio import Audio
from codecmark.nn.mel_filters import slaney

SEARCH_SECONDS = 0.05
SAMPLE_RATE, FFT_SIZE, WINDOW, HOP = 16000, 512, 400, 8
FRAME_RATE = SAMPLE_RATE // HOP
FLOOR = 1e-4
CHUNK = 512
"""Frames transformed at a time, so that they stay in the processor's cache."""

Rows = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Track:
    """Zero-mean rows over time (rows, frames) with their spectra, ready to be correlated with another's."""

    rows: Rows
    spectra: NDArray[np.complexfloating]
    rate: int

    @property
    def search(self) -> int:
        """The largest lag looked at, in frames."""
        return round(SEARCH_SECONDS * self.rate)


@dataclass(frozen=True, slots=True)
class Half:
    """One signal: its waveform (one row) and its envelope (40 rows)."""

    waveform: Track
    envelope: Track


@dataclass(frozen=True, slots=True)
class Peak:
    """Where two tracks correlate best: lag in frames (positive when the second is late), normalised correlations."""

    lag: float
    correlation: float
    at_zero: float
    at_edge: bool


def analyse(audio: Audio) -> Half:
    """Both tracks of mono audio."""
    samples = audio.samples[0].astype(np.float64)[np.newaxis]
    return Half(
        _track(samples - samples.mean(), audio.sample_rate),
        _track(_log_mel(audio.resample(SAMPLE_RATE).samples[0]), FRAME_RATE),
    )


def waveform_peak(reference: Half, decoded: Half) -> Peak:
    """The lag in whole samples at the reference's rate, by the largest signed sum of products within 50 ms."""
    products = _correlate(reference.waveform, decoded.waveform)
    search = len(products) // 2
    best = int(products.argmax())
    normalised = _normaliser(reference.waveform, decoded.waveform)
    return Peak(
        lag=best - search,
        correlation=float(products[best]) / normalised(best - search),
        at_zero=float(products[search]) / normalised(0),
        at_edge=best in (0, 2 * search),
    )


def envelope_peak(reference: Half, decoded: Half) -> Peak:
    """The lag in frames of half a millisecond, by the largest normalised correlation, with a parabola through it."""
    products = _correlate(reference.envelope, decoded.envelope)
    search = len(products) // 2
    normalised = _normaliser(reference.envelope, decoded.envelope)
    correlations = products / [normalised(lag) for lag in range(-search, search + 1)]
    best = int(correlations.argmax())
    at_edge = best in (0, 2 * search)
    offset = 0.0 if at_edge else _parabola(*correlations[best - 1 : best + 2].tolist())
    return Peak(best - search + offset, float(correlations[best]), float(correlations[search]), at_edge)


def _track(rows: Rows, rate: int) -> Track:
    size = fft.next_fast_len(rows.shape[1] + round(SEARCH_SECONDS * rate), real=True)
    return Track(rows, fft.rfft(rows, size), rate)


def _log_mel(samples: NDArray[np.float32]) -> Rows:
    filters = slaney(SAMPLE_RATE, FFT_SIZE, 40, 60.0, 7600.0)
    window = np.zeros(FFT_SIZE, dtype=np.float32)
    margin = (FFT_SIZE - WINDOW) // 2
    window[margin : margin + WINDOW] = np.hanning(WINDOW + 1)[:-1]
    frames = sliding_window_view(np.pad(samples, FFT_SIZE // 2), FFT_SIZE)[::HOP]
    mel = np.empty((len(filters), len(frames)), dtype=np.float32)
    for start in range(0, len(frames), CHUNK):
        spectra = fft.rfft(frames[start : start + CHUNK] * window)
        mel[:, start : start + CHUNK] = filters @ np.abs(spectra).T
    logarithm = np.log10(np.maximum(mel, FLOOR * mel.max()))
    return np.asarray(logarithm - logarithm.mean(axis=1, keepdims=True))


def _correlate(reference: Track, decoded: Track) -> NDArray[np.float64]:
    """Sums of products over time and rows, at lags of -search to +search."""
    cross = np.einsum("rf,rf->f", reference.spectra.conj(), decoded.spectra)
    size = fft.next_fast_len(reference.rows.shape[1] + reference.search, real=True)
    sums = fft.irfft(cross, size)
    return np.concatenate([sums[-reference.search :], sums[: reference.search + 1]]).astype(np.float64)


def _normaliser(reference: Track, decoded: Track) -> Callable[[int], float]:
    """The geometric mean of both energies over the part that overlaps at a lag; infinite where one has none."""
    of_reference, of_decoded = (_cumulative_energy(track) for track in (reference, decoded))
    frames = reference.rows.shape[1]

    def at(lag: int) -> float:
        early, late = max(0, -lag), max(0, lag)
        kept = of_reference[frames - late] - of_reference[early]
        energy = kept * (of_decoded[frames - early] - of_decoded[late])
        return float(np.sqrt(energy)) if energy > 0 else float("inf")

    return at


def _cumulative_energy(track: Track) -> NDArray[np.float64]:
    energy = np.einsum("rt,rt->t", track.rows, track.rows)
    return np.concatenate([[0.0], np.cumsum(energy, dtype=np.float64)])


def _parabola(before: float, peak: float, after: float) -> float:
    curvature = before - 2 * peak + after
    return 0.5 * (before - after) / curvature if curvature else 0.0
