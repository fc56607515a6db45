"""FreqCodec, FunCodec in frequency: a SEANet over the magnitudes and phases of a spectrogram."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from codecmark.nn.convolutions import pad
from codecmark.nn.network import CodecNetwork, Side, of_one_loudness
from codecmark.nn.rvq import Codebook, ResidualVQ
from codecmark.nn.seanet2d import Growing, Half, Normed

SMALLEST = 1e-6
"""What is smaller is taken for it, where the logarithm is taken of it or a number is divided by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectra:
    """How a clip is made a spectrogram: windows of `size` samples, `step` apart."""

    sample_rate: int
    size: int = 512
    step: int = 160
    normalised: bool = False


class FreqCodec(CodecNetwork):
    """Log magnitude and phase of a clip's spectrogram in, magnitude and phase of the decoded one out.

    Source: Du et al., FunCodec: A Fundamental, Reproducible and Integrable Open-source Toolkit for Neural Speech
    Codec, 2024, section 2.3.
    """

    window: Tensor

    def __init__(self, encoder: Half, decoder: Half, spectra: Spectra, codebooks: Sequence[Codebook]) -> None:
        super().__init__()
        self._given = spectra
        self._spectra_a_frame = math.prod(wide for _, wide in encoder.ratios)
        self._late = not encoder.causal
        self.register_buffer("window", torch.hann_window(spectra.size), persistent=False)
        self.sample_rate, self.hop = spectra.sample_rate, spectra.step * self._spectra_a_frame
        self.encoder, self.decoder = encoder.encoder(), decoder.decoder(encoder.dimension)
        self.quantizer = ResidualVQ(*codebooks)
        self.codebook_sizes = self.quantizer.sizes

    def frames(self, num_samples: int) -> int:
        """Spectra stand at every step, and at both ends of the clip: there is one more than steps."""
        return -(-self._spectra(num_samples) // self._spectra_a_frame)

    def delay(self, num_samples: int) -> int:
        """Spectra that fill up the first frame come in front, and what is decoded is late by their steps."""
        filling = self.frames(num_samples) * self._spectra_a_frame - self._spectra(num_samples)
        return filling * self._given.step if self._late else 0

    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        """Where the configuration normalises, clips are brought to one loudness first."""
        waves, side = of_one_loudness(waves) if self._given.normalised else (waves, {})
        size, step = self._given.size, self._given.step
        padded = pad(waves, [(size // 2, size // 2)], "reflect")[:, 0]
        spectra = torch.stft(padded, size, step, window=self.window, center=False, return_complex=True)
        magnitude = spectra.abs().clamp(min=SMALLEST)
        phase = spectra / magnitude
        latent: Tensor = self.encoder(torch.stack([magnitude.log(), phase.real, phase.imag], dim=1))
        return latent, side

    def quantize(self, latent: Tensor, codebooks: int) -> Tensor:
        return self.quantizer.encode(latent, codebooks)

    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        magnitude, *phase = self.decoder(self.quantizer.decode(tokens)).unbind(dim=1)
        spectra = functional.softplus(magnitude) * torch.complex(*phase)
        waves = torch.istft(spectra, self._given.size, self._given.step, window=self.window)
        return waves * side["scale"] if side else waves

    def draw_codebooks(self, latent: Tensor, generator: torch.Generator) -> None:
        self.quantizer.draw(latent, generator)

    def original_name(self, name: str) -> str:
        """What its makers call one of our tensors; a codebook, which they keep with all others, has EnCodec's name."""
        place, _, tensor = name.rpartition(".")
        outside, _, inside = place.rpartition(".")
        if isinstance(self.get_submodule(outside), Normed):
            conv = "convtr" if isinstance(self.get_submodule(outside), Growing) else "conv"
            place = f"{outside}.{conv}.{inside.replace('conv', conv)}"
        place = re.sub(r"^(encoder|decoder)", r"\1.model", place)
        place = re.sub(r"^quantizer\.codebooks\.(\d+)", r"quantizer.vq.layers.\1._codebook", place)
        return f"{place}.{tensor}"

    def _spectra(self, num_samples: int) -> int:
        return num_samples // self._given.step + 1
