"""How far decoded speech is from what was spoken: in mel bands most, in the spectrum with its phase, and in samples.

Magnitudes are compressed as hearing does, to loudness. Each part is a share: silence is off by 1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from codecmark.nn.mel_filters import slaney

SCALES = ((128, 16), (256, 32), (512, 64), (1024, 80), (2048, 128))
"""STFT window in samples, number of mel bands."""
PHASE_WINDOW = 512
LOUDNESS = 0.3
"""Exponent; Zwicker and Fastl, Psychoacoustics, 1999, chapter 8: 0.23 of intensity, twice that of magnitude."""
FLOOR = 1e-4
"""Of a magnitude, about 40 dB below loud speech: what is softer need not be coded."""
WEIGHT_OF_MELS, WEIGHT_OF_PHASE, WEIGHT_OF_SAMPLES = 2.0, 0.5, 1.0


class Distance(nn.Module):
    """The weighted sum of the three."""

    def __init__(self, rate: int) -> None:
        super().__init__()
        for window, bands in SCALES:
            filters = torch.from_numpy(slaney(rate, window, bands, 0.0, rate / 2))
            self.register_buffer(f"filters_{window}", filters / filters.sum(dim=1, keepdim=True))
            self.register_buffer(f"window_{window}", torch.hann_window(window))

    def forward(self, decoded: Tensor, spoken: Tensor) -> Tensor:
        """Waves (clips, samples) of both to one number."""
        mels = torch.stack([_share(self._mel(size, decoded), self._mel(size, spoken)) for size, _ in SCALES]).mean()
        phase = _share(self._compressed(decoded), self._compressed(spoken))
        samples = _share(decoded, spoken)
        return WEIGHT_OF_MELS * mels + WEIGHT_OF_PHASE * phase + WEIGHT_OF_SAMPLES * samples

    def _mel(self, size: int, waves: Tensor) -> Tensor:
        """(clips, bands, frames)."""
        filters = self.get_buffer(f"filters_{size}")
        loudness: Tensor = (filters @ _magnitude(self._spectrum(size, waves))) ** LOUDNESS
        return loudness

    def _compressed(self, waves: Tensor) -> Tensor:
        """(clips, bins, frames, 2): real and imaginary part, their magnitude compressed."""
        spectrum = self._spectrum(PHASE_WINDOW, waves)
        return spectrum * _magnitude(spectrum)[..., None] ** (LOUDNESS - 1)

    def _spectrum(self, size: int, waves: Tensor) -> Tensor:
        """(clips, bins, frames, 2), the magnitude of a full-scale sine about one half."""
        window = self.get_buffer(f"window_{size}")
        return torch.view_as_real(torch.stft(waves, size, size // 4, window=window, return_complex=True)) / window.sum()


def _magnitude(spectrum: Tensor) -> Tensor:
    return (spectrum.square().sum(dim=-1) + FLOOR**2).sqrt()


def _share(ours: Tensor, theirs: Tensor) -> Tensor:
    return (ours - theirs).abs().sum() / theirs.abs().sum()
