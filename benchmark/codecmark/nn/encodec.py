"""Runs EnCodec through transformers: the causal 24 kHz model on whole clips, the 48 kHz one in chunks of a second."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codecmark.core.audio import Audio
from codecmark.core.contracts import Codec
from codecmark.core.encoded import Codes, Encoded
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights, WeightsState
from codecmark.nn import checkpoints, random_weights
from codecmark.nn.inference import InGroups, ready, waveforms
from codecmark.nn.torchaudio_shim import prepare_torchaudio

prepare_torchaudio()

from transformers import EncodecConfig, EncodecModel  # noqa: E402 - imports torchaudio, see the shim

CONFIGS = {
    24000: EncodecConfig(sampling_rate=24000, audio_channels=1, target_bandwidths=[1.5, 3.0, 6.0, 12.0, 24.0]),
    48000: EncodecConfig(
        sampling_rate=48000,
        audio_channels=2,
        target_bandwidths=[3.0, 6.0, 12.0, 24.0],
        normalize=True,
        chunk_length_s=1.0,
        overlap=0.01,
        norm_type="time_group_norm",
        use_causal_conv=False,
    ),
}
"""The published models by sample rate; all else is as `EncodecConfig` has it."""
Network = Any
"""An `EncodecModel`; transformers types what it answers as unions of all that it might."""
SHORT_FRAMES = 7
"""Clips with fewer frames are never run beside longer ones: convolutions of 7 taps reflect the start of a clip, and
would reflect the zeros behind a shorter one with it."""
SCALE_BITS = 32
"""A float32 loudness scale is sent with each chunk."""

UPSTREAM_NAMES = (
    (r"^(encoder|decoder)\.model\.", r"\1.layers."),
    (r"\.(?:conv\.conv|convtr\.convtr)\.", ".conv."),
    (r"\.(?:conv|convtr)\.norm\.", ".norm."),
    (r"^quantizer\.vq\.layers\.(\d+)\._codebook\.", r"quantizer.layers.\1.codebook."),
)
"""From the names of facebookresearch/encodec to those of transformers, as regular expressions in this order."""


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """One setting of a published model, with its weights or with random ones. Errors as `Resources.weights_folder`."""
    config = CONFIGS[setting.sample_rate or 0]
    if resources.state(weights) is WeightsState.RANDOM:
        network = random_network(config, resources.seed)
    else:
        path = resources.weights_folder(weights) / weights.files[0].name
        network = trained_network(config, path, checkpoints.read(path, weights.name, resources))
    return codec_of(network, setting, resources.device)


def codec_of(network: Network, setting: Setting, device: str) -> Codec:
    """The adapter for a network: by chunks where its configuration says so."""
    adapter = WholeClips if network.config.chunk_length is None else Chunks
    return adapter(ready(network, device), setting, device)


def trained_network(config: EncodecConfig, path: Path, tensors: checkpoints.Tensors) -> Network:
    """A network with the tensors of `path`, under the names of transformers or of facebookresearch/encodec.

    Raises `WeightsError` unless each finds its place.
    """
    network = _plain(config)
    checkpoints.fit(network, {_name(key): one for key, one in checkpoints.fold_weight_norm(tensors).items()}, path)
    return network


@torch.inference_mode()
def random_network(config: EncodecConfig, seed: int) -> Network:
    """A network of random weights, its codebooks drawn from what its encoder makes of a second of signal."""
    network = _plain(config)
    network.eval()
    generator = random_weights.initialise(network, seed)
    rate, channels = config.sampling_rate, config.audio_channels
    residual = network.encoder(random_weights.signal(rate, channels, rate, generator))[0].T
    for layer in network.quantizer.layers:
        layer.codebook.embed.copy_(random_weights.drawn(residual, config.codebook_size, generator))
        residual = residual - layer.codebook.decode(layer.codebook.encode(residual))
    return network


def _plain(config: EncodecConfig) -> Network:
    network: Network = EncodecModel(config)
    checkpoints.without_weight_norm(network)
    return network


def _name(key: str) -> str:
    for pattern, replacement in UPSTREAM_NAMES:
        key = re.sub(pattern, replacement, key)
    return key


class _Adapter(InGroups):
    """What both adapters share: a network, and the bandwidth that gives as many codebooks as the setting has streams.

    The bandwidth is always given to the network, whose own choice would be the lowest.
    """

    def __init__(self, network: Network, setting: Setting, device: str) -> None:
        self._network = network
        self._device = device
        self._sizes = tuple(stream.codebook_size for stream in setting.streams)
        count = network.quantizer.get_num_quantizers_for_bandwidth
        bandwidths = {count(bandwidth): bandwidth for bandwidth in network.config.target_bandwidths}
        self._bandwidth: float = bandwidths[len(self._sizes)]
        self._rate: int = network.config.sampling_rate
        self._hop: int = network.config.hop_length

    def _frames(self, num_samples: int) -> int:
        return -(-num_samples // self._hop)

    def _audios(self, decoded: Tensor, batch: Sequence[Codes]) -> list[Audio]:
        """Clips of (clips, 1, samples), each cut to its length; one transfer."""
        rows = decoded.cpu().numpy()
        return [Audio(row[:, : codes.num_samples], self._rate) for row, codes in zip(rows, batch, strict=True)]


class WholeClips(_Adapter):
    """EnCodec without chunks, for a causal network: clips of any lengths give in a batch what they give alone.

    Zeros behind a clip reach no earlier frame, with one exception: where the layers of the encoder do not divide a
    clip into whole frames they reflect its end. A batch gets the same by reflecting in every row at its own end.
    Source: Defossez et al., High Fidelity Neural Audio Compression, 2022.
    """

    def _company(self, num_samples: int) -> int:
        return num_samples if self._frames(num_samples) < SHORT_FRAMES else 0

    def _encode(self, batch: Sequence[Audio]) -> list[Encoded]:
        lengths = [audio.num_samples for audio in batch]
        alike = len(set(lengths)) == 1  # then the layers themselves reflect at the right place
        width = lengths[0] if alike else self._frames(max(lengths)) * self._hop
        states = waveforms(batch, width, self._device)
        for layer in self._network.encoder.layers:
            stride = layer.conv.stride[0] if hasattr(layer, "conv") else 1
            if stride > 1 and not alike:
                _reflect_ends(states, lengths, stride)
                lengths = [-(-length // stride) for length in lengths]
            states = layer(states)
        tokens = self._network.quantizer.encode(states, self._bandwidth).transpose(0, 1).cpu().numpy()
        return [
            Codes(list(row[:, : self._frames(audio.num_samples)]), self._sizes, audio.num_samples)
            for row, audio in zip(tokens, batch, strict=True)
        ]

    def _decode(self, batch: Sequence[Codes]) -> list[Audio]:
        tokens = _table(batch, max(len(codes.streams[0]) for codes in batch), self._device)
        states = self._network.quantizer.decode(tokens.transpose(0, 1))
        return self._audios(self._network.decoder(states), batch)


class Chunks(_Adapter):
    """EnCodec in chunks of a second that overlap by 10 ms, as the 48 kHz model works: stereo, each chunk brought to
    one loudness, whose scale is sent. A mono clip goes into both channels; the mean of both comes out.

    Chunks know nothing of each other, but a convolution sees where its clip ends: only clips of one length are run
    together, whatever a batch holds.
    """

    def _encode(self, batch: Sequence[Audio]) -> list[Encoded]:
        num_samples = batch[0].num_samples
        mono = waveforms(batch, num_samples, self._device)
        stereo = mono.expand(-1, self._network.config.audio_channels, -1)
        encoded = self._network.encode(stereo, bandwidth=self._bandwidth)
        tokens = encoded.audio_codes.permute(1, 2, 0, 3).flatten(2)  # from (chunks, clips, codebooks, frames)
        tokens = tokens[:, :, : tokens.shape[-1] - encoded.last_frame_pad_length].cpu().numpy()
        scales = torch.cat(encoded.audio_scales, dim=1).cpu().numpy()
        bits = SCALE_BITS * scales.shape[1]
        return [
            Codes(list(row), self._sizes, num_samples, {"scale": scale}, bits)
            for row, scale in zip(tokens, scales, strict=True)
        ]

    def _decode(self, batch: Sequence[Codes]) -> list[Audio]:
        config, num_samples = self._network.config, batch[0].num_samples
        chunks = -(-num_samples // config.chunk_stride)
        frames = self._frames(min(num_samples, config.chunk_length))
        tokens = _table(batch, chunks * frames, self._device)
        scales = torch.from_numpy(np.stack([codes.side["scale"] for codes in batch])).to(self._device)
        decoded = self._network.decode(
            tokens.view(*tokens.shape[:2], chunks, frames).permute(2, 0, 1, 3),
            list(torch.split(scales, 1, dim=1)),
            last_frame_pad_length=chunks * frames - len(batch[0].streams[0]),
        )
        return self._audios(decoded.audio_values.mean(dim=1, keepdim=True), batch)


def _table(batch: Sequence[Codes], frames: int, device: str) -> Tensor:
    """Tokens (clips, codebooks, `frames`) on the device, zeros behind each clip's own."""
    table: NDArray[Any] = np.zeros((len(batch), len(batch[0].streams), frames), dtype=np.int64)
    for row, codes in zip(table, batch, strict=True):
        row[:, : len(codes.streams[0])] = codes.streams
    return torch.from_numpy(table).to(device)


def _reflect_ends(states: Tensor, lengths: Sequence[int], stride: int) -> None:
    """Fills up each row, from its own end to a whole number of strides, with what comes before, reversed."""
    for row, length in zip(states, lengths, strict=True):
        if missing := -length % stride:
            row[:, length : length + missing] = row[:, length - 1 - missing : length - 1].flip(-1)
