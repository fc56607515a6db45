"""The music and the sounds of the starter set, synthesised with numpy from closed forms and seeded noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]
RATE = 24000


def hertz(midi: float) -> float:
    """The frequency of a MIDI note number; 69 is A at 440 Hz."""
    return float(440.0 * 2.0 ** ((midi - 69) / 12))


def clock(seconds: float) -> Signal:
    return np.arange(round(seconds * RATE)) / RATE


def place(notes: list[tuple[float, Signal]], seconds: float) -> Signal:
    """The sum of signals, each starting at its time in seconds, cut at the end with a short fade."""
    total = np.zeros(round(seconds * RATE))
    for start, note in notes:
        first = round(start * RATE)
        piece = note[: len(total) - first]
        total[first : first + len(piece)] += piece
    fade = round(0.05 * RATE)
    total[-fade:] *= np.linspace(1, 0, fade)
    return total


def pad(midi: float, seconds: float) -> Signal:
    """A soft sustained note: six harmonics, two of it a few cents apart, slow attack and release."""
    t = clock(seconds)
    tone = np.zeros_like(t)
    for cents in (-4, 4):
        for harmonic in range(1, 7):
            tone += np.sin(2 * np.pi * hertz(midi + cents / 100) * harmonic * t) / harmonic**1.5
    return tone * np.minimum(t / 0.08, 1) * np.minimum((seconds - t) / 0.15, 1)


def pluck(midi: float, seconds: float, rng: np.random.Generator) -> Signal:
    """A plucked string: a burst of noise circling in a delay line with a two-point mean (Karplus and Strong, 1983)."""
    period = round(RATE / hertz(midi))
    line = rng.uniform(-1, 1, period)
    turns = []
    for _ in range(round(seconds * RATE) // period + 1):
        turns.append(line)
        line = 0.498 * (line + np.roll(line, -1))
    return np.concatenate(turns)[: round(seconds * RATE)]


def bell(midi: float, seconds: float) -> Signal:
    """A bell by frequency modulation at an inharmonic ratio (Chowning, 1973)."""
    t = clock(seconds)
    index = 4 * np.exp(-t / 0.5)
    modulator = index * np.sin(2 * np.pi * 1.4 * hertz(midi) * t)
    return np.sin(2 * np.pi * hertz(midi) * t + modulator) * np.exp(-t / 0.7) * np.minimum(t / 0.002, 1)


def kick() -> Signal:
    t = clock(0.25)
    return np.sin(2 * np.pi * (50 * t + 6 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.08)


def hat(rng: np.random.Generator) -> Signal:
    t = clock(0.08)
    return np.diff(rng.standard_normal(len(t) + 1)) * np.exp(-t / 0.015)


def snare(rng: np.random.Generator) -> Signal:
    t = clock(0.2)
    return (0.6 * rng.standard_normal(len(t)) + np.sin(2 * np.pi * 190 * t)) * np.exp(-t / 0.05)


def chords_and_drums(rng: np.random.Generator) -> Signal:
    """Four chords at 120 beats a minute over bass drum, snare and hi-hat."""
    chords = [(57, 60, 64), (53, 57, 60), (48, 60, 64), (55, 59, 62)]
    notes = [(i * 1.0, 0.16 * pad(note, 1.0)) for i, chord in enumerate(chords) for note in chord]
    notes += [(i * 1.0, 0.25 * pad(chord[0] - 12, 0.9)) for i, chord in enumerate(chords)]
    notes += [(beat, 0.9 * kick()) for beat in np.arange(0, 4, 1.0)]
    notes += [(beat + 0.5, 0.35 * snare(rng)) for beat in np.arange(0, 4, 1.0)]
    notes += [(beat, 0.12 * hat(rng)) for beat in np.arange(0, 4, 0.25)]
    return place(notes, 4.0)


def plucked_strings(rng: np.random.Generator) -> Signal:
    """A broken chord on plucked strings, eight notes a second, over a ringing bass string."""
    melody = [64, 67, 71, 74, 76, 74, 71, 67, 62, 66, 69, 74, 78, 74, 69, 66, 60, 64, 67, 72, 76, 72, 67, 64]
    notes = [(0.15 * i, 0.5 * pluck(note, 1.2, rng)) for i, note in enumerate(melody)]
    notes += [(1.2 * i, 0.7 * pluck(note, 1.4, rng)) for i, note in enumerate((40, 38, 36))]
    return place(notes, 3.9)


def bells(rng: np.random.Generator) -> Signal:
    """A slow melody of bells, each struck with a slightly different strength."""
    melody = [(0.0, 72), (0.5, 79), (1.0, 76), (1.75, 81), (2.25, 77), (2.75, 74)]
    return place([(start, rng.uniform(0.7, 1.0) * bell(note, 3.0)) for start, note in melody], 4.0)


def rain(rng: np.random.Generator) -> Signal:
    """A bed of low-passed noise with drops: short decaying tones at random times and pitches."""
    seconds = 3.5
    spectrum = np.fft.rfft(rng.standard_normal(round(seconds * RATE)))
    frequency = np.fft.rfftfreq(round(seconds * RATE), 1 / RATE)
    bed = np.fft.irfft(spectrum / (1 + (frequency / 2500) ** 2), round(seconds * RATE))
    t = clock(0.04)
    drops = [
        (start, rng.uniform(0.2, 1.6) * np.sin(2 * np.pi * rng.uniform(900, 6000) * t) * np.exp(-t / 0.006))
        for start in rng.uniform(0, seconds - 0.1, 250)
    ]
    swell = 0.7 + 0.3 * np.sin(2 * np.pi * 0.4 * clock(seconds))
    return place([(0.0, 0.4 * bed * swell), *drops], seconds)


def siren(rng: np.random.Generator) -> Signal:
    """A wailing siren, 500 to 1300 Hz and back, with its echo and some wind."""
    t = clock(3.5)
    pitch = 900 - 400 * np.cos(2 * np.pi * t / 1.75)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wail = np.sin(phase) + np.sin(3 * phase) / 4 + np.sin(5 * phase) / 12
    wail *= np.minimum(t / 0.05, 1)
    wind = np.convolve(rng.standard_normal(len(t)), np.ones(24) / 24, mode="same")
    return place([(0.0, wail), (0.18, 0.35 * wail), (0.0, 0.15 * wind)], 3.5)
