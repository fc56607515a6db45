"""Audio: samples with their sample rate; reading, writing, resampling and fitting to a length."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from codecmark.core.errors import ClipError, DataError

Mono = Literal["mean", "first"]
ResampleQuality = Literal["HQ", "VHQ"]

RESAMPLER: ResampleQuality = "HQ"
"""The soxr quality used everywhere a number depends on it; part of every score's key."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Samples of shape (channels, frames), float32, nominally in [-1, 1], with their sample rate in Hz.

    A one-dimensional array is taken as mono. Raises `ClipError` for an empty signal, NaN or infinity,
    and `ValueError` for another shape or a sample rate that is not positive.
    """

    samples: NDArray[np.float32]
    sample_rate: int

    def __init__(self, samples: ArrayLike, sample_rate: int) -> None:
        array = np.ascontiguousarray(np.atleast_2d(np.asarray(samples, dtype=np.float32)))
        if array.ndim != 2:
            raise ValueError(f"audio has shape {array.shape}, expected (channels, frames)")
        if int(sample_rate) != sample_rate or sample_rate <= 0:
            raise ValueError(f"sample rate {sample_rate!r} is not a positive whole number")
        if array.size == 0:
            raise ClipError("empty", "the signal has no samples")
        if not np.isfinite(array).all():
            raise ClipError("not_finite", "the signal holds NaN or infinite samples")
        array.flags.writeable = False
        object.__setattr__(self, "samples", array)
        object.__setattr__(self, "sample_rate", int(sample_rate))

    @classmethod
    def read(cls, path: str | Path, start: float = 0.0, seconds: float | None = None) -> Audio:
        """Reads WAV, FLAC, Ogg, MP3 and whatever else libsndfile knows: all of it, or `seconds` from `start`.

        Raises `DataError` naming the file when it is missing or cannot be decoded; `ClipError` as the constructor.
        """
        import soundfile  # here, so that listing models does not pay for loading libsndfile

        try:
            with soundfile.SoundFile(str(path)) as file:
                if start:
                    file.seek(round(start * file.samplerate))
                frames = -1 if seconds is None else round(seconds * file.samplerate)
                samples, sample_rate = file.read(frames, dtype="float32", always_2d=True), file.samplerate
        except (soundfile.SoundFileError, OSError) as error:
            reason = "no such file" if not Path(path).exists() else str(error).removeprefix(f"Error opening '{path}': ")
            raise DataError(f"cannot read audio {path}: {reason}") from error
        return cls(samples.T, sample_rate)

    def write(self, path: str | Path, subtype: str = "PCM_16") -> None:
        """Writes the format of the path's suffix; integer subtypes clip at full scale.

        Raises `OSError` when the place cannot be written.
        """
        import soundfile

        encoded = io.BytesIO()  # libsndfile would drop the errors of a file it writes to itself
        soundfile.write(encoded, self.samples.T, self.sample_rate, subtype, format=Path(path).suffix[1:].upper())
        Path(path).write_bytes(encoded.getbuffer())

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def num_samples(self) -> int:
        """Samples per channel."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        return self.num_samples / self.sample_rate

    @property
    def peak(self) -> float:
        """The largest absolute sample value over all channels."""
        return float(np.abs(self.samples).max())

    @cached_property
    def sha256(self) -> str:
        """Hash of shape, rate and samples; equal exactly when the audio is."""
        digest = hashlib.sha256(f"{self.samples.shape} {self.sample_rate}".encode())
        digest.update(self.samples.tobytes())
        return digest.hexdigest()

    def mono(self, policy: Mono = "mean") -> Audio:
        """One channel: the mean of a mono or stereo signal, or the first channel of any.

        Raises `ClipError` when the mean of more than two channels is asked for: their layout is not known.
        """
        if self.channels == 1:
            return self
        if policy == "first":
            return Audio(self.samples[:1], self.sample_rate)
        if self.channels > 2:
            raise ClipError(
                "channels", f"{self.channels} channels: mono policy 'mean' takes 1 or 2 (use 'mono: first' in the task)"
            )
        return Audio(self.samples.mean(axis=0, keepdims=True), self.sample_rate)

    def resample(self, sample_rate: int, quality: ResampleQuality = RESAMPLER) -> Audio:
        """The same audio at another rate in Hz, by soxr at the named quality; itself when the rate is right."""
        if sample_rate == self.sample_rate:
            return self
        import soxr

        resampled = soxr.resample(self.samples.T, self.sample_rate, sample_rate, quality=quality)
        return Audio(resampled.T, sample_rate)

    def fit(self, num_samples: int) -> Audio:
        """Exactly `num_samples` long: the end is cut, or zeros are added to it."""
        if num_samples == self.num_samples:
            return self
        if num_samples < self.num_samples:
            return Audio(self.samples[:, :num_samples], self.sample_rate)
        padding = np.zeros((self.channels, num_samples - self.num_samples), dtype=np.float32)
        return Audio(np.concatenate([self.samples, padding], axis=1), self.sample_rate)

    def loop(self, num_samples: int) -> Audio:
        """Exactly `num_samples` long: the end is cut, or the signal starts anew as often as it takes."""
        times = -(-num_samples // self.num_samples)
        return Audio(np.tile(self.samples, times)[:, :num_samples], self.sample_rate)

    def shift(self, advance: int) -> Audio:
        """The same length, `advance` samples earlier (later when negative); zeros fill the open end."""
        if advance == 0:
            return self
        shifted = np.zeros_like(self.samples)
        if advance > 0:
            shifted[:, : max(self.num_samples - advance, 0)] = self.samples[:, advance:]
        else:
            shifted[:, -advance:] = self.samples[:, : max(self.num_samples + advance, 0)]
        return Audio(shifted, self.sample_rate)
