"""Distances between mel spectrograms over several resolutions, in torch on the model's device.

One clip at a time, so that a value does not depend on what else is in the batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

from codecmark.core.audio import Audio
from codecmark.nn.mel_filters import slaney

FLOOR = 1e-5
Scale = tuple[int, int]
"""STFT window in samples, number of mel bands."""
Mels = Mapping[Scale, torch.Tensor]
"""Mel magnitudes (bands, frames) of one clip by scale."""


@dataclass(frozen=True, slots=True)
class Distance:
    """A sum over scales of mean |log10 max(M, 1e-5)^power - ...|, and of mean |M - ...| if `linear`."""

    scales: tuple[Scale, ...]
    power: int
    linear: bool

    def __call__(self, reference: Mels, decoded: Mels) -> torch.Tensor:
        return torch.stack([self._at(reference[scale], decoded[scale]) for scale in self.scales]).sum()

    def _at(self, reference: torch.Tensor, decoded: torch.Tensor) -> torch.Tensor:
        distance = self.power * (_log(reference) - _log(decoded)).abs().mean()
        return distance + (reference - decoded).abs().mean() if self.linear else distance


DISTANCES = {
    "mel_cs": Distance(scales=((2048, 150), (512, 80)), power=2, linear=True),
    "mel_dac": Distance(scales=tuple((32 << i, 5 << i) for i in range(7)), power=1, linear=False),
}


def spectrograms(audio: Audio, scales: Sequence[Scale], device: str) -> Mels:
    """Mel magnitudes of mono audio at its own rate: Hann window, hop of a quarter of it, edges reflected.

    The audio must be longer than half of the longest window.
    """
    samples = torch.tensor(audio.samples[0], device=device)
    magnitudes = {window: _magnitude(samples, window) for window in {window for window, _ in scales}}
    return {
        (window, bands): _filters(audio.sample_rate, window, bands, device) @ magnitudes[window]
        for window, bands in scales
    }


def _magnitude(samples: torch.Tensor, size: int) -> torch.Tensor:
    window = _hann(size, str(samples.device))
    return torch.stft(samples, size, size // 4, window=window, pad_mode="reflect", return_complex=True).abs()


def _log(mel: torch.Tensor) -> torch.Tensor:
    return mel.clamp(min=FLOOR).log10()


@lru_cache(maxsize=64)
def _hann(size: int, device: str) -> torch.Tensor:
    return torch.hann_window(size, device=device)


@lru_cache(maxsize=64)
def _filters(sample_rate: int, window: int, bands: int, device: str) -> torch.Tensor:
    return torch.tensor(slaney(sample_rate, window, bands, 0.0, sample_rate / 2), device=device)
