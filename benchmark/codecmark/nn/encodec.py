"""EnCodec: the published models, checkpoints of its makers, and folders of any such model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from codecmark.core.audio import Audio
from codecmark.core.contracts import Codec
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights
from codecmark.nn import checkpoints, configurations
from codecmark.nn.encodec_network import (
    SEANET_OPTIONS,
    EncodecConfig,
    EncodecNetwork,
    loaded,
    network_of,
    with_codebooks,
)
from codecmark.nn.inference import waveforms
from codecmark.nn.network import Side, open_network
from codecmark.nn.parts import NetworkParts
from codecmark.nn.whole_clips import WholeClips

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

MODEL_OPTIONS = {
    "sample_rate": "sampling_rate",
    "channels": "audio_channels",
    "normalize": "normalize",
    "dimension": "codebook_dim",
    "bins": "codebook_size",
    "lstm": "num_lstm_layers",
    "segment": "chunk_length_s",
}
"""Further options of facebookresearch/encodec, and what transformers calls them."""
SHORT_FRAMES = 7
"""Clips with fewer frames are never run beside longer ones: convolutions of 7 taps reflect the start of a clip, and
would reflect the zeros behind a shorter one with it."""


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """One setting of a published model, with its weights or with random ones. Errors as `Resources.weights_folder`."""
    config = CONFIGS[setting.sample_rate or 0]
    network = open_network(
        weights,
        resources,
        lambda folder: loaded(network_of(config), *checkpoints.only_file(folder, weights, resources)),
        lambda: network_of(config),
    )
    return codec_of(network, len(setting.streams), resources.device)


def open_parts(folder: Path, resources: Resources) -> NetworkParts:
    """The network of a folder whose config.json has the options of the original, and n_q, the number of codebooks.

    Raises `WeightsError` for a folder that is not so, or a checkpoint of another model.
    """
    given = configurations.read(folder / "config.json")
    options = [(ours, given[theirs]) for names in (SEANET_OPTIONS, MODEL_OPTIONS) for theirs, ours in names.items()]
    with given.understood():
        config = EncodecConfig(**dict(options), use_conv_shortcut=not given["true_skip"])
        network = network_of(with_codebooks(config, given["n_q"]))
    loaded(network, *checkpoints.in_folder(folder, resources))
    return NetworkParts(network, resources.device, adapter=codec_of)


def codec_of(network: EncodecNetwork, codebooks: int, device: str) -> Codec:
    """The adapter that sends so many codebooks of a network."""
    adapter = Causal if network.config.use_causal_conv else WholeClips
    return adapter(network, codebooks, device)


class Causal(WholeClips):
    """EnCodec without chunks, for a causal network: clips of any lengths give in a batch what they give alone.

    Zeros behind a clip reach no earlier frame, with one exception: where the layers of the encoder do not divide a
    clip into whole frames they reflect its end. A batch gets the same by reflecting in every row at its own end.
    """

    _network: EncodecNetwork

    def _company(self, num_samples: int) -> int:
        return num_samples if self._network.frames(num_samples) < SHORT_FRAMES else 0

    def _latent(self, batch: Sequence[Audio]) -> tuple[Tensor, Side]:
        lengths = [audio.num_samples for audio in batch]
        if len(set(lengths)) == 1:  # then the layers themselves reflect at the right place
            return super()._latent(batch)
        states = waveforms(batch, self._network.frames(max(lengths)) * self._network.hop, self._device)
        for layer in self._network.model.encoder.layers:
            stride = layer.conv.stride[0] if hasattr(layer, "conv") else 1
            if stride > 1:
                _reflect_ends(states, lengths, stride)
                lengths = [-(-length // stride) for length in lengths]
            states = layer(states)
        return states, {}


def _reflect_ends(states: Tensor, lengths: Sequence[int], stride: int) -> None:
    """Fills up each row, from its own end to a whole number of strides, with what comes before, reversed."""
    for row, length in zip(states, lengths, strict=True):
        if missing := -length % stride:
            row[:, length : length + missing] = row[:, length - 1 - missing : length - 1].flip(-1)
