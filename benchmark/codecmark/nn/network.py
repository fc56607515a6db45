"""What the network of a neural codec is to the rest of the house, and how one is opened, trained or random."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from codecmark.core.errors import WeightsError
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights, WeightsState
from codecmark.nn import random_weights

Side = Mapping[str, Tensor]
"""Side information by name, each (clips, values): a loudness scale, say."""
QUIET = 1e-8
"""Added to a loudness scale, so that silence can be divided by it."""


class CodecNetwork(nn.Module):
    """An encoder, a quantizer and a decoder, as their makers have them: nothing cut, nothing moved in time.

    `codebook_sizes` are of all its codebooks. With `whole_frames` a clip must be filled up to a multiple of `hop`
    first. With `padded_batches` zeros behind a clip change nothing in its frames. Where codebooks have frames of their
    own, `token_strides` says how many of the shortest ones a token of each stands for; it is repeated in all of them.
    """

    sample_rate: int
    hop: int
    codebook_sizes: tuple[int, ...]
    token_strides: tuple[int, ...] = ()
    whole_frames = False
    padded_batches = False

    def frames(self, num_samples: int) -> int:
        """Frames of a clip."""
        return -(-num_samples // self.hop)

    def delay(self, num_samples: int) -> int:
        """Samples by which what is decoded of a clip is late; below 0 it is early, its first samples are missing."""
        return 0

    @abstractmethod
    def encode(self, waves: Tensor) -> tuple[Tensor, Side]:
        """Waves (clips, 1, samples) to the latent (clips, channels, frames) that is quantized, and side information."""

    @abstractmethod
    def quantize(self, latent: Tensor, codebooks: int) -> Tensor:
        """The latent to tokens (clips, codebooks, frames) of the first `codebooks`."""

    @abstractmethod
    def decode(self, tokens: Tensor, side: Side) -> Tensor:
        """Tokens (clips, codebooks, frames), of all codebooks or of the first ones, to waves (clips, samples)."""

    @abstractmethod
    def draw_codebooks(self, latent: Tensor, generator: torch.Generator) -> None:
        """Fills the codebooks with vectors such as these, for random weights."""


def of_one_loudness(waves: Tensor) -> tuple[Tensor, Side]:
    """Waves (clips, 1, samples) divided by their RMS, which is the `scale` on their side.

    Source: Defossez et al., High Fidelity Neural Audio Compression, 2022, and its code (EncodecModel).
    """
    scale = waves.square().mean(dim=-1).sqrt() + QUIET
    return waves / scale[..., None], {"scale": scale}


Network = TypeVar("Network", bound=CodecNetwork)


def open_network(
    weights: Weights, resources: Resources, trained: Callable[[Path], Network], plain: Callable[[], Network]
) -> Network:
    """What `trained` makes of the folder of these weights; or, for timing only, what `plain` makes, with random ones.

    Errors as `Resources.weights_folder`.
    """
    if resources.state(weights) is WeightsState.RANDOM:
        return randomised(plain(), resources.seed)
    return trained(resources.weights_folder(weights))


def of_setting(network: Network, setting: Setting) -> Network:
    """The network. Raises `WeightsError` where its configuration has made it another than the setting says."""
    hops = [network.hop * stride for stride in network.token_strides or (1,) * len(network.codebook_sizes)]
    made = [(network.sample_rate / hop, size) for hop, size in zip(hops, network.codebook_sizes, strict=True)]
    said = [(stream.frame_rate, stream.codebook_size) for stream in setting.streams]
    if network.sample_rate != setting.sample_rate or made[: len(said)] != said:
        raise WeightsError(
            f"the checkpoint of {setting.id} is of another model: {_described(network.sample_rate, made)}, "
            f"expected is {_described(setting.sample_rate or 0, said)}"
        )
    return network


def _described(sample_rate: int, streams: list[tuple[float, int]]) -> str:
    rates = ", ".join(f"{rate:g}" for rate in dict.fromkeys(rate for rate, _ in streams))
    sizes = ", ".join(str(size) for size in dict.fromkeys(size for _, size in streams))
    return f"{sample_rate} Hz, {len(streams)} codebooks of {sizes} entries at {rates} frames/s"


@torch.inference_mode()
def randomised(network: Network, seed: int) -> Network:
    """The network with random weights that keep a second of signal at its level all the way, and with codebooks drawn
    from what the encoder makes of it."""
    network.eval()
    generator = random_weights.initialise(network, seed)
    rate = network.sample_rate // network.hop * network.hop
    with random_weights.levelled(network):
        latent, side = network.encode(random_weights.signal(network.sample_rate, 1, rate, generator))
        network.draw_codebooks(latent, generator)
        network.decode(network.quantize(latent, len(network.codebook_sizes)), side)
    return network
