"""HiFi-Codec of AcademiCodec: residual blocks of HiFi-GAN on both sides of a group-residual quantizer."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from codecmark.core.contracts import Codec
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights
from codecmark.nn import checkpoints, configurations
from codecmark.nn.hifigan import AveragedBlocks, Fields, Generator, Growth, activated
from codecmark.nn.network import CodecNetwork, Side, open_network
from codecmark.nn.parts import NetworkParts
from codecmark.nn.rvq import Codebook, GroupResidualVQ, ResidualVQ
from codecmark.nn.whole_clips import WholeClips

STAGES = 2
"""Codebooks one after the other in each group: a constant in the original's code."""
NORM_CHANNELS = 16
"""How many channels share a mean and a deviation."""
NORM_EPSILON = 1e-6
LAST_ENCODER_SLOPE = 0.01
ENTRIES_OF_CHECKPOINT = ("encoder", "quantizer", "generator")
FIXED = {"resblock": "1"}
"""What a configuration must not say otherwise."""
UNSAID = {"width": "encoder.conv_pre.weight_v", "latent": "encoder.conv_post.weight"}
"""Fields of `Shape` that the original's configuration does not have, and the tensor of which they are the outputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Widths and strides. `strides`, `kernels` and `fields` are the generator's; the encoder has them backwards.

    `width`, the encoder's first, and `latent` are constants in the original's code.
    """

    sample_rate: int
    fields: Fields
    strides: tuple[int, ...] = (8, 5, 4, 2)
    kernels: tuple[int, ...] = (16, 11, 8, 4)
    channels: int = 512
    groups: int = 2
    entries: int = 1024
    width: int = 32
    latent: int = 512


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """A published model, with its weights or with random ones. Errors as `Resources.weights_folder`."""
    shape = Shape(sample_rate=setting.sample_rate or 0, fields=Fields())
    network = open_network(
        weights,
        resources,
        lambda folder: trained_network(shape, *checkpoints.only_file(folder, weights, resources)),
        lambda: HiFiCodec(shape),
    )
    return WholeClips(network, len(setting.streams), resources.device)


def open_parts(folder: Path, resources: Resources) -> NetworkParts:
    """The network of a folder whose meta.json names a checkpoint and its configuration.

    Raises `WeightsError` for a folder that is not so, or a checkpoint of another model.
    """
    path, content = checkpoints.in_folder(folder, resources)
    given = configurations.read(folder / configurations.read(folder / "meta.json")["config"])
    with given.understood():
        network = trained_network(_shape_of(given, _tensors(path, content)), path, content)
    return NetworkParts(network, resources.device)


def trained_network(shape: Shape, path: Path, content: Any) -> HiFiCodec:
    """A network with the tensors of a file of its makers. Raises `WeightsError` unless each finds its place."""
    network = HiFiCodec(shape)
    tensors = checkpoints.fold_weight_norm(_tensors(path, content))
    checkpoints.fit(network, tensors, path, partial(_original_name, blocks=len(shape.fields.kernels)))
    return network


class HiFiCodec(CodecNetwork):
    """Source: Yang et al., HiFi-Codec: Group-residual Vector Quantization for High Fidelity Audio Codec, 2023."""

    whole_frames = True

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.sample_rate, self.hop = shape.sample_rate, math.prod(shape.strides)
        self.encoder = Encoder(shape)
        self.quantizer = GroupResidualVQ(
            *(
                ResidualVQ(*(Codebook(shape.entries, shape.latent // shape.groups) for _ in range(STAGES)))
                for _ in range(shape.groups)
            )
        )
        self.codebook_sizes = self.quantizer.sizes
        growth = Growth(
            channels_in=shape.latent, channels=shape.channels, strides=shape.strides, upsampling_kernels=shape.kernels
        )
        self.generator = Generator(growth, same, upsampling, partial(AveragedBlocks, shape.fields, same))

    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        return self.encoder(waves), {}

    def quantize(self, latent: Tensor, codebooks: int) -> Tensor:
        return self.quantizer.encode(latent)

    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        waves: Tensor = self.generator(self.quantizer.decode(tokens))
        return waves

    def draw_codebooks(self, latent: Tensor, generator: torch.Generator) -> None:
        self.quantizer.draw(latent, generator)


class Encoder(nn.Module):
    """The generator backwards: each strided convolution doubles the channels, and normalised blocks follow it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        widths = [shape.width * 2**index for index in range(len(shape.strides) + 1)]
        fields = Fields(kernels=shape.fields.kernels[::-1], dilations=shape.fields.dilations[::-1])
        steps = zip(widths[:-1], widths[1:], shape.kernels[::-1], shape.strides[::-1], strict=True)
        self.input_conv = same(1, widths[0], 7)
        self.downsamples = nn.ModuleList(
            nn.Conv1d(narrow, wide, kernel, stride, padding=(kernel - stride) // 2)
            for narrow, wide, kernel, stride in steps
        )
        self.blocks = nn.ModuleList(NormalisedBlocks(fields, width) for width in widths[1:])
        self.output_conv = same(widths[-1], shape.latent, 3)

    def forward(self, waves: Tensor) -> Tensor:
        """(clips, 1, samples) to (clips, latent, floor(samples / hop)): what is over is lost."""
        states = self.input_conv(waves)
        for downsample, blocks in zip(self.downsamples, self.blocks, strict=True):
            states = blocks(downsample(activated(states)))
        encoded: Tensor = self.output_conv(functional.leaky_relu(states, LAST_ENCODER_SLOPE))
        return encoded


class NormalisedBlocks(AveragedBlocks):
    """Residual blocks whose sum is normalised after every addition, over the whole clip, and at last divided."""

    def __init__(self, fields: Fields, channels: int) -> None:
        super().__init__(fields, same, channels)
        groups = max(1, channels // NORM_CHANNELS)
        self.norms = nn.ModuleList(nn.GroupNorm(groups, channels, NORM_EPSILON) for _ in self.blocks)

    def forward(self, states: Tensor) -> Tensor:
        total = torch.zeros_like(states)
        for block, norm in zip(self.blocks, self.norms, strict=True):
            total = norm(total + block(states))
        return total / len(self.blocks)


def same(channels_in: int, channels_out: int, kernel: int, dilation: int = 1) -> nn.Conv1d:
    """A convolution that keeps the length, zeros at both ends."""
    return nn.Conv1d(channels_in, channels_out, kernel, dilation=dilation, padding=(kernel - 1) * dilation // 2)


def upsampling(channels_in: int, channels_out: int, kernel: int, stride: int) -> nn.ConvTranspose1d:
    """A transposed convolution whose ends are cut alike."""
    return nn.ConvTranspose1d(channels_in, channels_out, kernel, stride, padding=(kernel - stride) // 2)


def _tensors(path: Path, content: Any) -> checkpoints.Tensors:
    """The tensors of the network, under the name of their part. Raises `WeightsError` where a part is missing."""
    parts = {part: checkpoints.by_name(content, path, part) for part in ENTRIES_OF_CHECKPOINT}
    return {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}


def _shape_of(given: configurations.Configuration, tensors: checkpoints.Tensors) -> Shape:
    """What the original's configuration says, and the tensors themselves for what it does not."""
    given.only(FIXED)
    unsaid = {field: tensors[name].shape[0] for field, name in UNSAID.items() if name in tensors}
    return Shape(
        sample_rate=given["sampling_rate"],
        strides=tuple(given["upsample_rates"]),
        kernels=tuple(given["upsample_kernel_sizes"]),
        channels=given["upsample_initial_channel"],
        fields=Fields(
            kernels=tuple(given["resblock_kernel_sizes"]), dilations=tuple(map(tuple, given["resblock_dilation_sizes"]))
        ),
        groups=given["n_code_groups"],
        entries=given["n_codes"],
        **unsaid,
    )


def _original_name(name: str, blocks: int) -> str:
    """What the original calls one of our tensors; it counts the blocks of all widths through, `blocks` for each."""
    if found := re.fullmatch(r"quantizer\.groups\.(\d+)\.codebooks\.(\d+)\.embed", name):
        stage = "" if found[2] == "0" else str(int(found[2]) + 1)
        return f"quantizer.quantizer_modules{stage}.{found[1]}.embedding.weight"
    if found := re.fullmatch(r"(\w+)\.blocks\.(\d+)\.(blocks|norms)\.(\d+)\.(.+)", name):
        kind = {"blocks": "resblocks", "norms": "normalize"}[found[3]]
        return f"{found[1]}.{kind}.{int(found[2]) * blocks + int(found[4])}.{found[5]}"
    for ours, theirs in (("input_conv", "conv_pre"), ("output_conv", "conv_post"), (r"(down|up)samples", "ups")):
        name = re.sub(rf"^(\w+)\.{ours}\.", rf"\1.{theirs}.", name)
    return name
