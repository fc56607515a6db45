"""Test signals made by arithmetic, the same on every machine: something like speech, and the extremes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codecmark.core.audio import Audio

Samples = NDArray[np.float64]

_FORMANTS_HZ = np.array(
    [(730, 1090, 2440, 3400), (270, 2290, 3010, 3700), (300, 870, 2240, 3300), (530, 1840, 2480, 3500)]
)
"""Of the vowels a, i, u, e of an adult; the first three after Peterson and Barney, 1952."""
_BANDWIDTH_HZ = 90.0
_VOICE_HZ = 6000.0
_SYLLABLES_PER_SECOND = 4.0


def speech_like(sample_rate: int, seconds: float, seed: int = 0) -> Audio:
    """Vowels of a gliding voice, with bursts of noise between them; RMS 0.1, so peaks stay well below 1."""
    rng = np.random.default_rng(seed)
    time = np.arange(max(1, round(seconds * sample_rate))) / sample_rate
    syllable = (time * _SYLLABLES_PER_SECOND).astype(int)
    phase = time * _SYLLABLES_PER_SECOND - syllable
    voiced = np.sin(np.pi * np.clip(phase / 0.75, 0, 1)) ** 0.5
    burst = np.where(phase > 0.75, np.sin(np.pi * (phase - 0.75) / 0.25), 0.0)
    vowels = rng.integers(0, len(_FORMANTS_HZ), size=syllable[-1] + 1)[syllable]
    noise = np.diff(rng.standard_normal(len(time)), prepend=0.0)  # a fricative: rising by 6 dB per octave
    breath = 0.002 * rng.standard_normal(len(time))
    signal = voiced * _voice(time, vowels, sample_rate) + 0.05 * burst * noise + breath
    return Audio(0.1 * signal / np.sqrt(np.mean(signal**2)), sample_rate)


def _voice(time: Samples, vowels: NDArray[np.int64], sample_rate: int) -> Samples:
    """Harmonics of a glottal source, -6 dB per octave, each as loud as the vowel's formants let it be."""
    pitch = 120 + 30 * np.sin(2 * np.pi * 0.7 * time) + 15 * np.sin(2 * np.pi * 2.3 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    out = np.zeros(len(time))
    for harmonic in range(1, int(min(0.45 * sample_rate, _VOICE_HZ) / pitch.max()) + 1):
        distance = (harmonic * pitch[:, None] - _FORMANTS_HZ[vowels]) / _BANDWIDTH_HZ
        out += np.sum(1 / (1 + distance**2), axis=1) / harmonic * np.sin(harmonic * phase)
    return out


def silence(sample_rate: int, seconds: float) -> Audio:
    return Audio(np.zeros(round(seconds * sample_rate)), sample_rate)


def click(sample_rate: int, seconds: float) -> Audio:
    """One full-scale sample in the middle of silence."""
    samples = np.zeros(round(seconds * sample_rate))
    samples[len(samples) // 2] = 1.0
    return Audio(samples, sample_rate)


def square_wave(sample_rate: int, seconds: float) -> Audio:
    """200 Hz at full scale, the loudest a signal can be."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return Audio(np.where((200 * time) % 1.0 < 0.5, 1.0, -1.0), sample_rate)
