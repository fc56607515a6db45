"""The networks of AudioDec: an autoencoder, and the vocoder that may take the place of its decoder. All are causal.

Source: Wu et al., AudioDec: An Open-source Streaming High-fidelity Neural Audio Codec, 2023.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from codecmark.nn.convolutions import CausalConv1d, CausalConvTranspose1d
from codecmark.nn.hifigan import AveragedBlocks, Fields, Generator, Growth, ResidualBlock
from codecmark.nn.network import CodecNetwork, Side
from codecmark.nn.rvq import Codebook, ResidualVQ

DILATIONS = (1, 3, 9)
KERNEL = 7
LAST_VOCODER_SLOPE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Widths and strides of an autoencoder. `ratios` are multiples of the first width, behind each stride on the way
    in and before each on the way out.
    """

    sample_rate: int
    encoder_width: int = 32
    encoder_ratios: tuple[int, ...] = (2, 4, 8, 16)
    encoder_strides: tuple[int, ...] = (3, 4, 5, 5)
    decoder_width: int = 32
    decoder_ratios: tuple[int, ...] = (16, 8, 4, 2)
    decoder_strides: tuple[int, ...] = (5, 5, 4, 3)
    dimension: int = 64
    codebooks: int = 8
    entries: int = 1024
    bias: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VocoderShape:
    """Widths and strides of a vocoder. With `groups` its blocks have groups of channels of their own instead of
    several receptive fields.
    """

    growth: Growth
    fields: Fields
    groups: int = 1
    bias: bool = True


class AudioDec(CodecNetwork):
    """The encoder and the codebooks of an autoencoder, and a decoder: its own of a later step, or a vocoder.

    Nothing looks ahead, so zeros behind a clip change none of its frames.
    """

    padded_batches = True

    def __init__(self, shape: Shape, autoencoder: Autoencoder, decoder: nn.Module) -> None:
        super().__init__()
        self.sample_rate, self.hop = shape.sample_rate, math.prod(shape.encoder_strides)
        self.encoder, self.projector = autoencoder.encoder, autoencoder.projector
        self.quantizer = autoencoder.quantizer
        self.codebook_sizes = self.quantizer.sizes
        self.decoder = decoder

    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        return self.projector(self.encoder(waves)), {}

    def quantize(self, latent: Tensor, codebooks: int) -> Tensor:
        return self.quantizer.encode(latent, codebooks)

    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        waves: Tensor = self.decoder(self.quantizer.decode(tokens))
        return waves

    def draw_codebooks(self, latent: Tensor, generator: torch.Generator) -> None:
        self.quantizer.draw(latent, generator)


class Autoencoder(nn.Module):
    """All that is in a checkpoint of an autoencoder."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.encoder = Encoder(shape)
        width = shape.encoder_width * shape.encoder_ratios[-1]
        self.projector = CausalConv1d(width, shape.dimension, 3, bias=False)
        self.quantizer = ResidualVQ(*(Codebook(shape.entries, shape.dimension) for _ in range(shape.codebooks)))
        self.decoder = Decoder(shape)


class Encoder(nn.Module):
    """Samples to frames: residual units and a strided convolution, several times."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        widths = [shape.encoder_width * ratio for ratio in (1, *shape.encoder_ratios)]
        steps = zip(widths[:-1], widths[1:], shape.encoder_strides, strict=True)
        self.conv = CausalConv1d(1, widths[0], KERNEL, bias=False)
        self.conv_blocks = nn.Sequential(*(EncoderBlock(*step, bias=shape.bias) for step in steps))

    def forward(self, waves: Tensor) -> Tensor:
        """(clips, 1, samples) to (clips, channels, ceil(samples / hop)); frame t ends with sample t * hop."""
        encoded: Tensor = self.conv_blocks(self.conv(waves))
        return encoded


class EncoderBlock(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, stride: int, *, bias: bool) -> None:
        super().__init__()
        self.res_units = nn.Sequential(*(ResidualUnit(channels_in, dilation) for dilation in DILATIONS))
        self.conv = CausalConv1d(channels_in, channels_out, 2 * stride, stride=stride, bias=bias)

    def forward(self, states: Tensor) -> Tensor:
        strided: Tensor = self.conv(self.res_units(states))
        return strided


class Decoder(nn.Module):
    """Frames to samples: a transposed convolution and residual units, several times; nothing limits what it gives."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        widths = [shape.decoder_width * ratio for ratio in (*shape.decoder_ratios, 1)]
        steps = zip(widths[:-1], widths[1:], shape.decoder_strides, strict=True)
        self.conv1 = CausalConv1d(shape.dimension, widths[0], KERNEL, bias=False)
        self.conv_blocks = nn.Sequential(*(DecoderBlock(*step, bias=shape.bias) for step in steps))
        self.conv2 = CausalConv1d(widths[-1], 1, KERNEL, bias=False)

    def forward(self, frames: Tensor) -> Tensor:
        """(clips, dimension, frames) to (clips, samples)."""
        waves: Tensor = self.conv2(self.conv_blocks(self.conv1(frames)))
        return waves.squeeze(1)


class DecoderBlock(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, stride: int, *, bias: bool) -> None:
        super().__init__()
        self.conv = CausalConvTranspose1d(channels_in, channels_out, 2 * stride, stride=stride, bias=bias)
        self.res_units = nn.Sequential(*(ResidualUnit(channels_out, dilation) for dilation in DILATIONS))

    def forward(self, states: Tensor) -> Tensor:
        grown: Tensor = self.res_units(self.conv(states))
        return grown


class ResidualUnit(nn.Module):
    """A dilated convolution and one over channels alone, added to what they are given."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = CausalConv1d(channels, channels, KERNEL, dilation=dilation, bias=False)
        self.conv2 = nn.Conv1d(channels, channels, 1, bias=False)

    def forward(self, states: Tensor) -> Tensor:
        added: Tensor = self.conv2(functional.elu(self.conv1(functional.elu(states))))
        return states + added


class Vocoder(Generator):
    """A causal HiFi-GAN on frames brought to mean 0 and deviation 1 by what the training data had."""

    mean: Tensor
    scale: Tensor

    def __init__(self, shape: VocoderShape) -> None:
        convolution = partial(CausalConv1d, groups=shape.groups, bias=shape.bias)
        grouped = shape.groups > 1 and len(shape.fields.kernels) == 1
        blocks = partial(GroupedBlock, shape) if grouped else partial(AveragedBlocks, shape.fields, convolution)
        super().__init__(shape.growth, CausalConv1d, CausalConvTranspose1d, blocks, LAST_VOCODER_SLOPE)
        self.register_buffer("mean", torch.zeros(shape.growth.channels_in))
        self.register_buffer("scale", torch.ones(shape.growth.channels_in))

    def forward(self, frames: Tensor) -> Tensor:
        return super().forward((frames - self.mean[:, None]) / self.scale[:, None])


class GroupedBlock(ResidualBlock):
    """A residual block on several copies of the channels, each with weights of its own; the last convolution mixes
    them.
    """

    def __init__(self, shape: VocoderShape, channels: int) -> None:
        (kernel,), (dilations,) = shape.fields.kernels, shape.fields.dilations
        convolution = partial(CausalConv1d, groups=shape.groups, bias=shape.bias)
        super().__init__(convolution, channels * shape.groups, kernel, dilations)
        self.conv_out = nn.Conv1d(channels * shape.groups, channels, 1, bias=False)
        self._groups = shape.groups

    def forward(self, states: Tensor) -> Tensor:
        mixed: Tensor = self.conv_out(super().forward(states.repeat(1, self._groups, 1)))
        return mixed
