"""Mimi: encoder and decoder through transformers, its codebooks as all of ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from codecmark.core.contracts import Codec
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights
from codecmark.nn import checkpoints
from codecmark.nn.network import CodecNetwork, Side, open_network
from codecmark.nn.rvq import Codebook, ResidualVQ
from codecmark.nn.torchaudio_shim import prepare_torchaudio
from codecmark.nn.whole_clips import WholeClips

prepare_torchaudio()

from transformers import MimiConfig, MimiModel  # noqa: E402 - imports torchaudio, see the shim

LEAST_USAGE = 1e-5
"""A codebook entry is stored as the sum of all vectors that were given to it and their number, taken to be at least
this, as in the original."""
ORIGINAL_NAMES = (
    (r"^(en|de)coder\.\1coder_seanet\.", r"\1coder."),
    (r"^(?:en|de)coder\.((?:en|de)coder_transformer|downsample|upsample)\.", r"\1."),
    (r"^(semantic|acoustic)\.", r"quantizer.\1_residual_vector_quantizer."),
    (r"\.vq\.codebooks\.(\d+)\.", r".layers.\1.codebook."),
)
"""From our names to those of the published checkpoint, as regular expressions in this order."""


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """So many codebooks as the setting has streams, with trained or with random weights.

    Errors as `Resources.weights_folder`.
    """
    network = open_network(
        weights,
        resources,
        lambda folder: loaded(MimiNetwork(MimiConfig()), *checkpoints.only_file(folder, weights, resources)),
        lambda: MimiNetwork(MimiConfig()),
    )
    return WholeClips(network, len(setting.streams), resources.device)


class MimiNetwork(CodecNetwork):
    """A causal SEANet with a transformer behind it; the first codebook, which was taught content, stands apart.

    Clips are filled up to whole frames, as by the original. Source: Defossez et al., Moshi, 2024, section 3.3.
    """

    whole_frames = True
    padded_batches = True

    def __init__(self, config: MimiConfig) -> None:
        super().__init__()
        model: Any = MimiModel(config)
        self.encoder, self.decoder = model.encoder, model.decoder
        self.semantic = ProjectedVQ(config, config.num_semantic_quantizers)
        self.acoustic = ProjectedVQ(config, config.num_quantizers - config.num_semantic_quantizers)
        self.sample_rate, self.hop = config.sampling_rate, config.frame_size
        self.codebook_sizes = self.semantic.vq.sizes + self.acoustic.vq.sizes

    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        return self.encoder(waves).latents, {}

    def quantize(self, latent: Tensor, codebooks: int) -> Tensor:
        content = len(self.semantic.vq.sizes)
        tokens = [self.semantic.encode(latent, min(content, codebooks))]
        if codebooks > content:
            tokens.append(self.acoustic.encode(latent, codebooks - content))
        return torch.cat(tokens, dim=1)

    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        content = len(self.semantic.vq.sizes)
        latent = self.semantic.decode(tokens[:, :content])
        if tokens.shape[1] > content:
            latent = latent + self.acoustic.decode(tokens[:, content:])
        waves: Tensor = self.decoder(latent).audio_values[:, 0]
        return waves

    def draw_codebooks(self, latent: Tensor, generator: torch.Generator) -> None:
        self.semantic.draw(latent, generator)
        self.acoustic.draw(latent, generator)


class ProjectedVQ(nn.Module):
    """Residual codebooks of fewer dimensions than what is quantized."""

    def __init__(self, config: MimiConfig, codebooks: int) -> None:
        super().__init__()
        wide, narrow = config.hidden_size, config.vector_quantization_hidden_dimension
        self.input_proj = nn.Conv1d(wide, narrow, 1, bias=False)
        self.output_proj = nn.Conv1d(narrow, wide, 1, bias=False)
        self.vq = ResidualVQ(*(Codebook(config.codebook_size, narrow) for _ in range(codebooks)))

    def encode(self, latent: Tensor, codebooks: int) -> Tensor:
        """As `ResidualVQ.encode`."""
        return self.vq.encode(self.input_proj(latent), codebooks)

    def decode(self, tokens: Tensor) -> Tensor:
        """As `ResidualVQ.decode`."""
        latent: Tensor = self.output_proj(self.vq.decode(tokens))
        return latent

    def draw(self, latent: Tensor, generator: torch.Generator) -> None:
        """As `ResidualVQ.draw`."""
        self.vq.draw(self.input_proj(latent), generator)


def loaded(network: MimiNetwork, path: Path, content: Any) -> MimiNetwork:
    """The network with the tensors of `path`. Raises `WeightsError` unless each finds its place."""
    entries = checkpoints.by_name(content, path)
    for name in [name for name in entries if name.endswith(".codebook.embed_sum")]:
        codebook = name.removesuffix("embed_sum")
        entries.pop(f"{codebook}initialized", None)
        if (usage := entries.pop(f"{codebook}cluster_usage", None)) is not None:
            entries[f"{codebook}embed"] = entries.pop(name) / usage.clamp(min=LEAST_USAGE)[:, None]
    checkpoints.fit(network, entries, path, _original_name)
    return network


def _original_name(name: str) -> str:
    for pattern, replacement in ORIGINAL_NAMES:
        name = re.sub(pattern, replacement, name)
    return name
