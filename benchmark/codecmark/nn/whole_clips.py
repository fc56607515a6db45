"""Runs a codec's network on whole clips, filled up to whole frames where it wants that, cut to the input's length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codecmark.core.audio import Audio
from codecmark.core.encoded import Codes, Encoded
from codecmark.nn.inference import InGroups, ready, waveforms
from codecmark.nn.network import CodecNetwork, Side

SIDE_BITS = 32
"""Of each value of side information: a float32."""


class WholeClips(InGroups):
    """The adapter of a `CodecNetwork` that sends the first `codebooks` of its codebooks.

    Clips share a batch where zeros behind one change nothing, else where they are of one length.
    """

    def __init__(self, network: CodecNetwork, codebooks: int, device: str) -> None:
        self._network = ready(network, device)
        self._sizes = network.codebook_sizes[:codebooks]
        self._strides = network.token_strides[:codebooks] or (1,) * codebooks
        self._device = device

    def _company(self, num_samples: int) -> int:
        return 0 if self._network.padded_batches else num_samples

    def _encode(self, batch: Sequence[Audio]) -> list[Encoded]:
        latent, side = self._latent(batch)
        tokens = self._network.quantize(latent, len(self._sizes)).cpu().numpy()
        aside = {name: values.cpu().numpy() for name, values in side.items()}
        return [
            self._codes(row, audio.num_samples, {name: values[index] for name, values in aside.items()})
            for index, (row, audio) in enumerate(zip(tokens, batch, strict=True))
        ]

    def _latent(self, batch: Sequence[Audio]) -> tuple[Tensor, Side]:
        """What the encoder makes of the clips, zeros behind the shorter ones."""
        width = max(audio.num_samples for audio in batch)
        if self._network.whole_frames:
            width = -(-width // self._network.hop) * self._network.hop
        return self._network.encode(waveforms(batch, width, self._device))

    def _codes(self, row: NDArray[Any], num_samples: int, side: dict[str, NDArray[np.float32]]) -> Codes:
        sent = row[:, : self._network.frames(num_samples)]
        streams = [stream[::stride] for stream, stride in zip(sent, self._strides, strict=True)]
        return Codes(streams, self._sizes, num_samples, side, SIDE_BITS * sum(values.size for values in side.values()))

    def _decode(self, batch: Sequence[Codes]) -> list[Audio]:
        names = batch[0].side
        side = {name: self._moved(np.stack([codes.side[name] for codes in batch])) for name in names}
        decoded = self._network.decode(self._moved(self._table(batch)), side).cpu().numpy()
        return [self._audio(row, codes.num_samples) for row, codes in zip(decoded, batch, strict=True)]

    def _table(self, batch: Sequence[Codes]) -> NDArray[np.int64]:
        """Tokens (clips, codebooks, frames of the longest), zeros behind each clip's own."""
        strides = self._strides
        spread = [[np.repeat(*pair) for pair in zip(codes.streams, strides, strict=True)] for codes in batch]
        rows = np.zeros((len(batch), len(strides), max(len(streams[0]) for streams in spread)), dtype=np.int64)
        for row, streams in zip(rows, spread, strict=True):
            row[:, : len(streams[0])] = streams
        return rows

    def _audio(self, row: NDArray[np.float32], num_samples: int) -> Audio:
        """A decoded clip in time with its input, silence for what is missing at its start or its end."""
        return Audio(in_time(row, self._network.delay(num_samples), num_samples), self._network.sample_rate)

    def _moved(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def in_time(samples: NDArray[np.float32], delay: int, num_samples: int) -> NDArray[np.float32]:
    """So many samples of what is late by `delay`, or early where that is below 0, zeros for those that are missing."""
    start = max(-delay, 0)
    there = samples[max(delay, 0) :][: max(num_samples - start, 0)]
    return np.pad(there, (start, num_samples))[:num_samples]
