"""Runs the Descript Audio Codec through transformers, aligned in time and as long as its input."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from codecmark.core.audio import Audio
from codecmark.core.encoded import Codes, Encoded
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights, WeightsState
from codecmark.nn import checkpoints, random_weights
from codecmark.nn.inference import InGroups, ready, waveforms
from codecmark.nn.torchaudio_shim import prepare_torchaudio

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
Network = Any
"""A `DacModel`; transformers types what it answers as unions of all that it might."""

UNIT = {"0": "snake1", "1": "conv1", "2": "snake2", "3": "conv2"}
ENCODER_BLOCK = {"0": "res_unit1", "1": "res_unit2", "2": "res_unit3", "3": "snake1", "4": "conv1"}
DECODER_BLOCK = {"0": "snake1", "1": "conv_t1", "2": "res_unit1", "3": "res_unit2", "4": "res_unit3"}
UPSTREAM_NAME = re.compile(r"(encoder\.block|decoder\.model)\.(\d+)(?:\.block\.(\d))?(?:\.block\.(\d))?\.(\w+)")
"""Of descriptinc/descript-audio-codec: side, block, layer in the block, layer in a residual unit, parameter."""


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Dac:
    """One published model, with its weights or with random ones. Errors as `Resources.weights_folder`."""
    config = CONFIGS[setting.name]
    if resources.state(weights) is WeightsState.RANDOM:
        network = random_network(config, resources.seed)
    else:
        path = resources.weights_folder(weights) / weights.files[0].name
        network = trained_network(config, path, checkpoints.read(path, weights.name, resources))
    return Dac(network, setting, resources.device)


def trained_network(config: DacConfig, path: Path, content: Any) -> Network:
    """A network with the tensors of `path`, under the names of transformers or in a file of the original's makers.

    Raises `WeightsError` unless each finds its place.
    """
    network: Network = DacModel(config)
    tensors = checkpoints.fold_weight_norm(content.get("state_dict", content))
    if "decoder.model.0.weight" in tensors:
        tensors = {_name(key, len(config.downsampling_ratios)): one for key, one in tensors.items()}
    checkpoints.fit(network, tensors, path)
    return network


@torch.inference_mode()
def random_network(config: DacConfig, seed: int) -> Network:
    """A network of random weights, its codebooks drawn from what its encoder makes of a second of signal."""
    network: Network = DacModel(config)
    network.eval()
    generator = random_weights.initialise(network, seed)
    rate = config.sampling_rate // config.hop_length * config.hop_length
    residual = network.encoder(random_weights.signal(config.sampling_rate, 1, rate, generator))
    for quantizer in network.quantizer.quantizers:
        projected = quantizer.in_proj(residual)[0].T
        quantizer.codebook.weight.copy_(random_weights.drawn(projected, config.codebook_size, generator))
        residual = residual - quantizer(residual)[0]
    return network


def missing_samples(ratios: Sequence[int]) -> int:
    """Samples by which the decoder's output is shorter than whole frames: one where a stride is odd, each counting as
    many as the strides behind it make of it. `ratios` are the encoder's, which the decoder goes through backwards.
    """
    return sum(math.prod(ratios[:index]) for index, ratio in enumerate(ratios) if ratio % 2)


class Dac(InGroups):
    """DAC with as many of its codebooks as the setting has streams.

    A clip is filled up with silence to whole frames. Where strides are odd the decoder gives too few samples; those
    missing are the first ones (the evidence is in the card), and silence takes their place.
    Source: Kumar et al., High-Fidelity Audio Compression with Improved RVQGAN, 2023.
    """

    def __init__(self, network: Network, setting: Setting, device: str) -> None:
        self._network = ready(network, device)
        self._device = device
        self._sizes = tuple(stream.codebook_size for stream in setting.streams)
        self._rate: int = network.config.sampling_rate
        self._hop: int = network.config.hop_length
        self._missing = missing_samples(network.config.downsampling_ratios)

    def _encode(self, batch: Sequence[Audio]) -> list[Encoded]:
        num_samples = batch[0].num_samples
        whole = -(-num_samples // self._hop) * self._hop
        encoded = self._network.encode(waveforms(batch, whole, self._device), n_quantizers=len(self._sizes))
        tokens = encoded.audio_codes.cpu().numpy()
        return [Codes(list(row), self._sizes, num_samples) for row in tokens]

    def _decode(self, batch: Sequence[Codes]) -> list[Audio]:
        tokens = torch.from_numpy(np.stack([np.stack(codes.streams) for codes in batch])).to(self._device)
        decoded = self._network.decode(audio_codes=tokens).audio_values  # (clips, samples)
        aligned = functional.pad(decoded, (self._missing, 0))[:, : batch[0].num_samples]
        return [Audio(row, self._rate) for row in aligned.cpu().numpy()]


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
