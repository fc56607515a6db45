"""Takes the network of a codec apart, one clip at a time in numpy, to hold each part against its original."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codecmark.core.contracts import Codec
from codecmark.nn.inference import ready
from codecmark.nn.network import CodecNetwork, Network, Side
from codecmark.nn.whole_clips import WholeClips

Decoder = Callable[[Tensor, Side], Tensor]


class NetworkParts:
    """The parts of a `CodecNetwork`; see `core.contracts.Parts`.

    `decoders` are further ways from tokens and side information to waves (clips, samples), by the name that a folder
    of vectors has for what they give. `adapter` makes a codec of the network, so many codebooks and the device.
    """

    def __init__(
        self,
        network: Network,
        device: str,
        decoders: Mapping[str, Decoder] | None = None,
        adapter: Callable[[Network, int, str], Codec] = WholeClips,
    ) -> None:
        self._network: CodecNetwork = ready(network, device)
        self._device = device
        self._decoders = {"": network.decode, **(decoders or {})}
        self.decoders = frozenset(self._decoders)
        self.whole_frames = network.whole_frames
        self.delay: Callable[[int], int] = network.delay
        self.codec: Callable[[int], Codec] = lambda codebooks: adapter(network, codebooks, device)

    @torch.inference_mode()
    def latent(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        latent, _ = self._network.encode(self._moved(samples[None, None]))
        return latent[0].cpu().numpy()

    @torch.inference_mode()
    def codes(self, samples: NDArray[np.float32], codebooks: int) -> NDArray[np.int64]:
        latent, _ = self._network.encode(self._moved(samples[None, None]))
        return self._network.quantize(latent, codebooks)[0].cpu().numpy()

    @torch.inference_mode()
    def decoded(
        self, codes: NDArray[np.int64], side: Mapping[str, NDArray[np.float32]], decoder: str
    ) -> NDArray[np.float32]:
        moved = {name: self._moved(values[None]) for name, values in side.items()}
        return self._decoders[decoder](self._moved(codes[None]), moved)[0].cpu().numpy()

    def _moved(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
