"""SNAC through its own package, its noise made the same for every clip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from snac import SNAC
from torch import Tensor, nn
from torch.nn import functional

from codecmark.core.contracts import Codec
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights
from codecmark.nn import checkpoints, configurations, random_weights
from codecmark.nn.network import CodecNetwork, Side, of_setting, open_network
from codecmark.nn.whole_clips import WholeClips

CONFIGURATION, CHECKPOINT = "config.json", "pytorch_model.bin"
"""The files of a model."""
MUSIC: Mapping[str, Any] = {
    "encoder_rates": [2, 3, 8, 8],
    "decoder_rates": [8, 8, 3, 2],
    "attn_window_size": 32,
    "vq_strides": [8, 4, 2, 1],
}
CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "24khz": {
        "sampling_rate": 24000,
        "encoder_dim": 48,
        "encoder_rates": [2, 4, 8, 8],
        "decoder_dim": 1024,
        "decoder_rates": [8, 8, 4, 2],
        "attn_window_size": None,
        "vq_strides": [4, 2, 1],
    },
    "32khz": {"sampling_rate": 32000, **MUSIC},
    "44khz": {"sampling_rate": 44100, **MUSIC},
}
"""The published models by the name of their setting, for random weights; all else is as `SNAC` has it."""


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """A published model, with its weights or with random ones. Errors as `Resources.weights_folder`."""
    network = open_network(
        weights,
        resources,
        lambda folder: of_setting(trained_network(folder, weights.name, resources), setting),
        lambda: SnacNetwork(CONFIGS[setting.name]),
    )
    return WholeClips(network, len(setting.streams), resources.device)


def trained_network(folder: Path, weights: str, resources: Resources) -> SnacNetwork:
    """The network of a folder as its makers publish one. Raises `WeightsError` unless every tensor finds its place."""
    config = configurations.read(folder / CONFIGURATION)
    with config.understood():
        network = SnacNetwork(config)
    path = folder / CHECKPOINT
    tensors = checkpoints.by_name(checkpoints.read(path, weights, resources), path)
    checkpoints.fit(network.model, checkpoints.fold_weight_norm(tensors), path)
    return network


class SnacNetwork(CodecNetwork):
    """`SNAC`, which fills a clip up with silence to whole frames of its slowest codebook and windows of attention.

    Source: Siuzdak et al., SNAC: Multi-Scale Neural Audio Codec, 2024.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.model: Any = SNAC(**config)
        checkpoints.without_weight_norm(self.model)
        for index, block in enumerate(_blocks_with_noise(self.model)):
            block[NOISE] = SteadyNoise(block[NOISE].linear, index)
        self.sample_rate, self.hop = self.model.sampling_rate, int(self.model.hop_length)
        self.token_strides = tuple(self.model.vq_strides)
        self.codebook_sizes = (self.model.codebook_size,) * len(self.token_strides)
        self._filled_to = math.lcm(self.token_strides[0], self.model.attn_window_size or 1)

    def frames(self, num_samples: int) -> int:
        """Of the fastest codebook."""
        return -(-num_samples // (self.hop * self._filled_to)) * self._filled_to

    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        return self.model.encoder(self.model.preprocess(waves)), {}

    def quantize(self, latent: Tensor, codebooks: int) -> Tensor:
        _, tokens = self.model.quantizer(latent)
        spread = [rows.repeat_interleave(stride, 1) for rows, stride in zip(tokens, self.token_strides, strict=True)]
        return torch.stack(spread, dim=1)

    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        sent = zip(tokens.unbind(dim=1), self.token_strides, strict=True)
        waves: Tensor = self.model.decode([rows[:, ::stride] for rows, stride in sent])[:, 0]
        return waves

    def draw_codebooks(self, latent: Tensor, generator: torch.Generator) -> None:
        for quantizer in self.model.quantizer.quantizers:
            pooled = functional.avg_pool1d(latent, quantizer.stride, quantizer.stride)
            projected = quantizer.in_proj(pooled)[0].T
            quantizer.codebook.weight.copy_(random_weights.drawn(projected, quantizer.codebook_size, generator))
            latent = latent - quantizer(latent)[0]


NOISE = 2
"""The place of the noise in a block of the decoder: behind an activation and a transposed convolution."""


class SteadyNoise(nn.Module):
    """Adds noise that grows with a linear function of the signal, as SNAC's own decoder does, but the same every time:
    in every clip of a batch, and on every device. `seed` tells the layers of a decoder apart.
    """

    def __init__(self, linear: nn.Module, seed: int) -> None:
        super().__init__()
        self.linear, self._seed = linear, seed

    def forward(self, states: Tensor) -> Tensor:
        """(clips, channels, length) to the same."""
        generator = torch.Generator().manual_seed(self._seed)
        noise = torch.randn(1, 1, states.shape[-1], generator=generator).to(states.device)
        noisy: Tensor = states + noise * self.linear(states)
        return noisy


def _blocks_with_noise(model: Any) -> list[Any]:
    blocks = [layer.block for layer in model.decoder.model if hasattr(layer, "block")]
    return [block for block in blocks if type(block[NOISE]).__name__ == "NoiseBlock"]
