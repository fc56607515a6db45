"""Blocks of HiFi-GAN, whatever their convolutions: residual blocks, and the generator that makes samples of frames.

Source: Kong et al., HiFi-GAN: Generative Adversarial Networks for Efficient and High Fidelity Speech Synthesis, 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.1
"""Of leaky ReLUs, below zero."""

Convolution = Callable[..., nn.Module]
"""Makes a convolution that keeps the length: of channels in, channels out, kernel and, by name, dilation."""
Upsampling = Callable[..., nn.Module]
"""Makes a transposed one that multiplies the length: of channels in, channels out, kernel and, by name, stride."""


def activated(states: Tensor) -> Tensor:
    return functional.leaky_relu(states, SLOPE)


class ResidualBlock(nn.Module):
    """Pairs of a dilated convolution and one without dilation; each pair adds to what it is given (type 1 there)."""

    def __init__(self, convolution: Convolution, channels: int, kernel: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(convolution(channels, channels, kernel, dilation=step) for step in dilations)
        self.convs2 = nn.ModuleList(convolution(channels, channels, kernel, dilation=1) for _ in dilations)

    def forward(self, states: Tensor) -> Tensor:
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            states = plain(activated(dilated(activated(states)))) + states
        return states


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Receptive fields side by side: the kernel of each, and its dilations one after the other."""

    kernels: tuple[int, ...] = (3, 7, 11)
    dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5),) * 3


class AveragedBlocks(nn.Module):
    """A residual block for each receptive field: the mean of what they give."""

    def __init__(self, fields: Fields, convolution: Convolution, channels: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            ResidualBlock(convolution, channels, kernel, dilations)
            for kernel, dilations in zip(fields.kernels, fields.dilations, strict=True)
        )

    def forward(self, states: Tensor) -> Tensor:
        total = self.blocks[0](states)
        for block in self.blocks[1:]:
            total = total + block(states)
        mean: Tensor = total / len(self.blocks)
        return mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """From frames of `channels_in` to `channels`, and to half as many by each upsampling."""

    channels_in: int
    channels: int = 512
    kernel: int = 7
    strides: tuple[int, ...]
    upsampling_kernels: tuple[int, ...]

    @property
    def widths(self) -> list[int]:
        """Channels before the first upsampling, and behind each."""
        return [self.channels // 2**index for index in range(len(self.strides) + 1)]


class Generator(nn.Module):
    """Frames to samples: a convolution, upsamplings with `blocks` (of a width) behind each, a convolution, tanh.

    `last_slope` is of the leaky ReLU before the last convolution.
    """

    def __init__(
        self,
        growth: Growth,
        convolution: Convolution,
        upsampling: Upsampling,
        blocks: Callable[[int], nn.Module],
        last_slope: float = SLOPE,
    ) -> None:
        super().__init__()
        widths = growth.widths
        steps = zip(widths[:-1], widths[1:], growth.upsampling_kernels, growth.strides, strict=True)
        self.input_conv = convolution(growth.channels_in, widths[0], growth.kernel)
        self.upsamples = nn.ModuleList(
            upsampling(wide, narrow, kernel, stride=stride) for wide, narrow, kernel, stride in steps
        )
        self.blocks = nn.ModuleList(blocks(width) for width in widths[1:])
        self.output_conv = convolution(widths[-1], 1, growth.kernel)
        self._last_slope = last_slope

    def forward(self, frames: Tensor) -> Tensor:
        """(clips, channels, frames) to (clips, samples)."""
        states = self.input_conv(frames)
        for upsample, blocks in zip(self.upsamples, self.blocks, strict=True):
            states = blocks(upsample(activated(states)))
        waves: Tensor = self.output_conv(functional.leaky_relu(states, self._last_slope))
        return waves.squeeze(1).tanh()
