"""The Descript Audio Codec through transformers: the published models, and folders of any such model."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from codecmark.core.contracts import Codec
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights
from codecmark.nn import checkpoints, configurations, random_weights
from codecmark.nn.network import CodecNetwork, Side, open_network
from codecmark.nn.parts import NetworkParts
from codecmark.nn.torchaudio_shim import prepare_torchaudio
from codecmark.nn.whole_clips import WholeClips

prepare_torchaudio()

from transformers import DacConfig, DacModel  # noqa: E402 - imports torchaudio, see the shim

ODD_RATIOS = [2, 4, 5, 8]
EVEN_RATIOS = [2, 4, 8, 8]
CONFIGS = {
    "16khz": DacConfig(sampling_rate=16000, downsampling_ratios=ODD_RATIOS, n_codebooks=12),
    "24khz": DacConfig(sampling_rate=24000, downsampling_ratios=ODD_RATIOS, n_codebooks=32),
    "44khz": DacConfig(sampling_rate=44100, downsampling_ratios=EVEN_RATIOS, n_codebooks=9),
    "44khz-16kbps": DacConfig(sampling_rate=44100, downsampling_ratios=EVEN_RATIOS, n_codebooks=18),
}
"""The published models by the name of their setting; all else is as `DacConfig` has it."""
CONFIGS["44khz-16kbps"].hidden_size = 128  # DacConfig works it out, for the other models rightly

UNIT = {"0": "snake1", "1": "conv1", "2": "snake2", "3": "conv2"}
ENCODER_BLOCK = {"0": "res_unit1", "1": "res_unit2", "2": "res_unit3", "3": "snake1", "4": "conv1"}
DECODER_BLOCK = {"0": "snake1", "1": "conv_t1", "2": "res_unit1", "3": "res_unit2", "4": "res_unit3"}
UPSTREAM_NAME = re.compile(r"(encoder\.block|decoder\.model)\.(\d+)(?:\.block\.(\d))?(?:\.block\.(\d))?\.(\w+)")
"""Of descriptinc/descript-audio-codec: side, block, layer in the block, layer in a residual unit, parameter."""
UPSTREAM_OPTIONS = {
    "sampling_rate": "sample_rate",
    "encoder_hidden_size": "encoder_dim",
    "downsampling_ratios": "encoder_rates",
    "decoder_hidden_size": "decoder_dim",
    "n_codebooks": "n_codebooks",
    "codebook_size": "codebook_size",
    "codebook_dim": "codebook_dim",
}
"""Options of transformers, and what the original calls them."""


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """One published model, with its weights or with random ones. Errors as `Resources.weights_folder`."""
    config = CONFIGS[setting.name]
    network = open_network(
        weights,
        resources,
        lambda folder: loaded(DacNetwork(config), *checkpoints.only_file(folder, weights, resources)),
        lambda: DacNetwork(config),
    )
    return WholeClips(network, len(setting.streams), resources.device)


def open_parts(folder: Path, resources: Resources) -> NetworkParts:
    """The network of a folder whose config.json has the names of the original.

    Raises `WeightsError` for a folder that is not so, or a checkpoint of another model.
    """
    given = configurations.read(folder / "config.json")
    with given.understood():
        config = DacConfig(**{ours: given[theirs] for ours, theirs in UPSTREAM_OPTIONS.items()})
        config.upsampling_ratios = given["decoder_rates"]
        config.hidden_size = given["latent_dim"] or config.hidden_size
        network = DacNetwork(config)
    loaded(network, *checkpoints.in_folder(folder, resources))
    return NetworkParts(network, resources.device, {"from_codes": network.decode})


def loaded(network: DacNetwork, path: Path, content: Any) -> DacNetwork:
    """The network with the tensors of `path`, under the names of transformers or in a file of the original's makers.

    Raises `WeightsError` unless each finds its place.
    """
    nested = ("state_dict",) if "state_dict" in content else ()
    tensors = checkpoints.fold_weight_norm(checkpoints.by_name(content, path, *nested))
    if "decoder.model.0.weight" in tensors:
        tensors = {_name(key, len(network.model.encoder.block)): one for key, one in tensors.items()}
    checkpoints.fit(network.model, tensors, path)
    return network


class DacNetwork(CodecNetwork):
    """`DacModel`, which fills a clip up with silence to whole frames as the original does before it.

    Where strides are odd the decoder gives too few samples; those missing are the first ones (the evidence is in the
    card). Source: Kumar et al., High-Fidelity Audio Compression with Improved RVQGAN, 2023.
    """

    def __init__(self, config: DacConfig) -> None:
        super().__init__()
        self.model: Any = DacModel(config)  # what it answers is typed as unions of all that it might
        self.sample_rate, self.hop = config.sampling_rate, config.hop_length
        self.codebook_sizes = (config.codebook_size,) * config.n_codebooks
        self._missing = missing_samples(config.upsampling_ratios)

    def delay(self, num_samples: int) -> int:
        return -self._missing

    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        return self.model.encoder(functional.pad(waves, (0, -waves.shape[-1] % self.hop))), {}

    def quantize(self, latent: Tensor, codebooks: int) -> Tensor:
        tokens: Tensor = self.model.quantizer(latent, codebooks)[1]
        return tokens

    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        waves: Tensor = self.model.decode(audio_codes=tokens).audio_values
        return waves

    def draw_codebooks(self, latent: Tensor, generator: torch.Generator) -> None:
        for quantizer in self.model.quantizer.quantizers:
            projected = quantizer.in_proj(latent)[0].T
            quantizer.codebook.weight.copy_(random_weights.drawn(projected, self.codebook_sizes[0], generator))
            latent = latent - quantizer(latent)[0]


def missing_samples(ratios: Sequence[int]) -> int:
    """Samples by which the output of a decoder with these strides is shorter than whole frames: one where a stride is
    odd, each counting as many as the strides behind it make of it.
    """
    return sum(math.prod(ratios[index + 1 :]) for index, ratio in enumerate(ratios) if ratio % 2)


def _name(key: str, blocks: int) -> str:
    """The name transformers has for a tensor of the original; a name unlike those stays as it is."""
    found = UPSTREAM_NAME.fullmatch(key)
    if found is None:
        return key
    place, number, layer, inner, parameter = found.groups()
    side, index = place.split(".")[0], int(number)
    if layer is None:
        ends = {0: "conv1", blocks + 1: "snake1", blocks + 2: "conv2"}
        return f"{side}.{ends.get(index, number)}.{parameter}"
    names = ENCODER_BLOCK if side == "encoder" else DECODER_BLOCK
    middle = [names[layer], *([UNIT[inner]] if inner is not None else [])]
    return f"{side}.block.{index - 1}.{'.'.join(middle)}.{parameter}"
