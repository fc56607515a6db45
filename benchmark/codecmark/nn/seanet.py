"""SEANet, the convolutional encoder and decoder of SoundStream, EnCodec and their relatives, on waves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from codecmark.nn.convolutions import Conv1d, ConvTranspose1d
from codecmark.nn.network import CodecNetwork, Side
from codecmark.nn.rvq import ResidualVQ

END_KERNEL = 7
"""Taps of the first and the last convolution of either half."""

Activation = Callable[[int], nn.Module]
"""Makes the activation for so many channels."""


def elu(channels: int) -> nn.Module:
    """The same for every channel."""
    return nn.ELU()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seanet:
    """What both halves agree on. `strides` are the decoder's; the encoder has them backwards, and its channels, at
    first `filters`, double at each. `mode` says what a convolution sees beyond an end: `reflect` or `constant` zeros.

    Source: Tagliasacchi et al., SEANet, 2020; Defossez et al., High Fidelity Neural Audio Compression, 2022, 3.1.
    """

    filters: int
    dimension: int
    strides: tuple[int, ...]
    causal: bool
    mode: str = "reflect"
    activation: Activation = elu
    residual_layers: int = 1
    residual_kernel: int = 3
    dilation_base: int = 2
    lstm_layers: int = 0
    bidirectional: bool = False

    def encoder(self) -> nn.Sequential:
        """Waves (clips, 1, samples) to the latent (clips, dimension, frames). Only its LSTM is ever bidirectional."""
        width = self.filters
        layers: list[nn.Module] = [self._conv(1, width, END_KERNEL)]
        for stride in reversed(self.strides):
            layers += self._residuals(width)
            layers += [self.activation(width), self._conv(width, 2 * width, 2 * stride, stride=stride)]
            width *= 2
        if self.lstm_layers:
            layers.append(SkipLSTM(width, self.lstm_layers, self.bidirectional))
            width *= 1 + self.bidirectional
        layers += [self.activation(width), self._conv(width, self.dimension, END_KERNEL)]
        return nn.Sequential(*layers)

    def decoder(self) -> nn.Sequential:
        """The latent (clips, dimension, frames) to waves (clips, 1, frames * hop)."""
        width = self.filters << len(self.strides)
        layers: list[nn.Module] = [self._conv(self.dimension, width, END_KERNEL)]
        if self.lstm_layers:
            layers.append(SkipLSTM(width, self.lstm_layers))
        for stride in self.strides:
            grow = ConvTranspose1d(width, width // 2, 2 * stride, causal=self.causal, stride=stride)
            layers += [self.activation(width), grow]
            width //= 2
            layers += self._residuals(width)
        layers += [self.activation(width), self._conv(width, 1, END_KERNEL)]
        return nn.Sequential(*layers)

    def _residuals(self, width: int) -> list[nn.Module]:
        return [self._residual(width, self.dilation_base**index) for index in range(self.residual_layers)]

    def _residual(self, width: int, dilation: int) -> nn.Module:
        narrow = width // 2
        return Residual(
            nn.Sequential(
                self.activation(width),
                self._conv(width, narrow, self.residual_kernel, dilation=dilation),
                self.activation(narrow),
                self._conv(narrow, width, 1),
            ),
            self._conv(width, width, 1),
        )

    def _conv(self, channels_in: int, channels_out: int, kernel: int, **more: int) -> nn.Module:
        return Conv1d(channels_in, channels_out, kernel, causal=self.causal, mode=self.mode, **more)


class SeanetCodec(CodecNetwork):
    """The codec of a SEANet and codebooks for its latent, which is quantized as it is."""

    def __init__(self, seanet: Seanet, sample_rate: int, quantizer: ResidualVQ) -> None:
        super().__init__()
        self.sample_rate, self.hop = sample_rate, math.prod(seanet.strides)
        self.encoder, self.decoder = seanet.encoder(), seanet.decoder()
        self.quantizer, self.codebook_sizes = quantizer, quantizer.sizes

    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        return self.encoder(waves), {}

    def quantize(self, latent: Tensor, codebooks: int) -> Tensor:
        return self.quantizer.encode(latent, codebooks)

    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        return self.waves(self.quantizer.decode(tokens))

    def waves(self, latent: Tensor) -> Tensor:
        """A latent, as it is or quantized, to waves (clips, samples)."""
        waves: Tensor = self.decoder(latent)[:, 0]
        return waves

    def draw_codebooks(self, latent: Tensor, generator: torch.Generator) -> None:
        self.quantizer.draw(latent, generator)


class Residual(nn.Module):
    """A block beside a shortcut, both added."""

    def __init__(self, block: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.block, self.shortcut = block, shortcut

    def forward(self, states: Tensor) -> Tensor:
        total: Tensor = self.shortcut(states) + self.block(states)
        return total


class SkipLSTM(nn.Module):
    """An LSTM over the frames whose input is added to its output; in both directions, to the output of either."""

    def __init__(self, channels: int, layers: int, bidirectional: bool = False) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, channels, layers, batch_first=True, bidirectional=bidirectional)

    def forward(self, states: Tensor) -> Tensor:
        """(clips, channels, frames) to as many, or twice as many, channels."""
        inputs = states.transpose(1, 2)
        outputs, _ = self.lstm(inputs)
        total: Tensor = outputs + inputs.repeat(1, 1, 1 + self.lstm.bidirectional)
        return total.transpose(1, 2)
