"""EnCodec's network by transformers, with the names of its makers, for every model that is built like it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from codecmark.nn import checkpoints, random_weights
from codecmark.nn.network import CodecNetwork, Side, of_one_loudness
from codecmark.nn.torchaudio_shim import prepare_torchaudio

prepare_torchaudio()

from transformers import EncodecConfig as EncodecConfig  # noqa: E402 - imports torchaudio, see the shim
from transformers import EncodecModel  # noqa: E402 - imports torchaudio, see the shim

UPSTREAM_NAMES = (
    (r"^(encoder|decoder)\.model\.", r"\1.layers."),
    (r"\.(?:conv\.conv|convtr\.convtr)\.", ".conv."),
    (r"\.(?:conv|convtr)\.norm\.", ".norm."),
    (r"^quantizer\.vq\.layers\.(\d+)\._codebook\.", r"quantizer.layers.\1.codebook."),
)
"""From the names of facebookresearch/encodec to those of transformers, as regular expressions in this order."""
SEANET_OPTIONS = {
    "n_filters": "num_filters",
    "dimension": "hidden_size",
    "ratios": "upsampling_ratios",
    "norm": "norm_type",
    "causal": "use_causal_conv",
    "n_residual_layers": "num_residual_layers",
    "dilation_base": "dilation_growth_rate",
    "kernel_size": "kernel_size",
    "last_kernel_size": "last_kernel_size",
    "residual_kernel_size": "residual_kernel_size",
    "compress": "compress",
    "pad_mode": "pad_mode",
}
"""Options of facebookresearch/encodec's encoder and decoder, and what transformers calls them."""
TRAINING_BUFFERS = ("inited", "cluster_size", "embed_avg")
"""Of a codebook: running averages by which it was trained."""
UNUSED = re.compile(rf"^quantizer\..*\.({'|'.join(TRAINING_BUFFERS)})$")


class EncodecNetwork(CodecNetwork):
    """`EncodecModel` on whole clips; a mono clip goes into all its channels, and their mean comes out.

    `decoder` is the configuration of its decoder where that differs.
    Source: Defossez et al., High Fidelity Neural Audio Compression, 2022.
    """

    def __init__(self, config: EncodecConfig, decoder: EncodecConfig | None = None) -> None:
        super().__init__()
        self.config = config
        self.model: Any = EncodecModel(config)  # what it answers is typed as unions of all that it might
        if decoder is not None:
            self.model.decoder = type(self.model.decoder)(decoder)
        checkpoints.without_weight_norm(self.model)
        for layer in self.model.quantizer.layers:
            for name in TRAINING_BUFFERS:
                delattr(layer.codebook, name)
        self.sample_rate, self.hop = config.sampling_rate, config.hop_length
        self.codebook_sizes = (config.codebook_size,) * config.num_quantizers

    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        """Where the configuration normalizes, clips are brought to one loudness first."""
        waves, side = of_one_loudness(waves) if self.config.normalize else (waves, {})
        return self.model.encoder(waves.expand(-1, self.config.audio_channels, -1)), side

    def quantize(self, latent: Tensor, codebooks: int) -> Tensor:
        tokens: Tensor = self.model.quantizer.encode(latent, _bandwidth(self.config, codebooks))
        return tokens.transpose(0, 1)

    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        waves: Tensor = self.model.decoder(self.model.quantizer.decode(tokens.transpose(0, 1))).mean(dim=1)
        return waves * side["scale"] if side else waves

    def draw_codebooks(self, latent: Tensor, generator: torch.Generator) -> None:
        residual = latent[0].T
        for layer in self.model.quantizer.layers:
            layer.codebook.embed.copy_(random_weights.drawn(residual, self.config.codebook_size, generator))
            residual = residual - layer.codebook.decode(layer.codebook.encode(residual))


class Chunked(EncodecNetwork):
    """EnCodec in chunks of a second that overlap by 10 ms, as the 48 kHz model works: each is brought to one loudness,
    whose scale is sent, and knows nothing of the others.
    """

    def __init__(self, config: EncodecConfig) -> None:
        super().__init__(config)
        self._length, self._step = config.chunk_length or 0, config.chunk_stride or 0

    def frames(self, num_samples: int) -> int:
        lengths = (min(self._length, num_samples - at) for at in range(0, num_samples, self._step))
        return sum(map(super().frames, lengths))

    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        """The frames of all chunks behind each other, and the scale of each."""
        chunks = [waves[..., at : at + self._length] for at in range(0, waves.shape[-1], self._step)]
        latents, sides = zip(*map(super().encode, chunks), strict=True)
        return torch.cat(latents, dim=2), {"scale": torch.cat([side["scale"] for side in sides], dim=1)}

    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        clips, codebooks, sent = tokens.shape
        scales = torch.split(side["scale"], 1, dim=1)
        frames = min(sent, super().frames(self._length))
        missing = len(scales) * frames - sent
        chunks = functional.pad(tokens, (0, missing)).view(clips, codebooks, len(scales), frames).permute(2, 0, 1, 3)
        decoded: Tensor = self.model.decode(chunks, scales, last_frame_pad_length=missing).audio_values
        return decoded.mean(dim=1)


def network_of(config: EncodecConfig) -> EncodecNetwork:
    """A network that works in chunks where its configuration says so."""
    return EncodecNetwork(config) if config.chunk_length is None else Chunked(config)


def loaded(network: EncodecNetwork, path: Path, content: Any) -> EncodecNetwork:
    """The network with the tensors of `path`, under the names of transformers or of facebookresearch/encodec.

    Raises `WeightsError` unless each but the `TRAINING_BUFFERS` finds its place.
    """
    tensors = checkpoints.fold_weight_norm(checkpoints.by_name(content, path))
    named = {_name(key): one for key, one in tensors.items()}
    checkpoints.fit(network.model, {key: one for key, one in named.items() if not UNUSED.search(key)}, path)
    return network


def with_codebooks(config: EncodecConfig, codebooks: int) -> EncodecConfig:
    """The configuration with so many codebooks, whose number transformers takes from the highest bandwidth."""
    config.target_bandwidths = [_bandwidth(config, codebooks)]
    return config


def _bandwidth(config: EncodecConfig, codebooks: int) -> float:
    """A bandwidth in kbps at which transformers has so many codebooks: half a one more, since it rounds down."""
    return (codebooks + 0.5) * config.frame_rate * math.log2(config.codebook_size) / 1000


def _name(key: str) -> str:
    for pattern, replacement in UPSTREAM_NAMES:
        key = re.sub(pattern, replacement, key)
    return key
