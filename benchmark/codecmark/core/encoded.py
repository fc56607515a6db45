"""What a codec sends: tokens (`Codes`) or bytes (`Packets`). Both count their own bits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Codes:
    """Tokens of a neural codec for one clip.

    `streams[i]` is a one-dimensional integer array, the tokens of codebook i, each in [0, codebook_sizes[i]).
    Streams of one codec may differ in length (several frame rates). `num_samples` is the length of the input at the
    codec's sample rate; it is not counted as sent. `side` is side information that is sent besides the
    tokens (a loudness scale, say) as arrays by name, and `side_bits` its size.
    Raises `ValueError` for tokens out of range or a number of sizes other than of streams.
    """

    streams: Sequence[NDArray[np.integer]]
    codebook_sizes: tuple[int, ...]
    num_samples: int
    side: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    side_bits: int = 0

    def __post_init__(self) -> None:
        if len(self.streams) != len(self.codebook_sizes):
            raise ValueError(f"{len(self.streams)} streams but {len(self.codebook_sizes)} codebook sizes")
        for index, (stream, size) in enumerate(zip(self.streams, self.codebook_sizes, strict=True)):
            if stream.ndim != 1 or not np.issubdtype(stream.dtype, np.integer):
                raise ValueError(f"stream {index} is not a one-dimensional integer array")
            if stream.size and (stream.min() < 0 or stream.max() >= size):
                raise ValueError(f"stream {index} holds tokens outside 0..{size - 1}")

    @property
    def token_bits(self) -> float:
        """Tokens times log2 of their codebook's size, without side information."""
        return math.fsum(
            len(stream) * math.log2(size) for stream, size in zip(self.streams, self.codebook_sizes, strict=True)
        )

    @property
    def bits(self) -> float:
        return self.token_bits + self.side_bits


@dataclass(frozen=True, eq=False)
class Packets:
    """Payload of a byte codec for one clip, without any container; `num_samples` as in `Codes`."""

    payload: tuple[bytes, ...]
    num_samples: int

    @property
    def bits(self) -> float:
        return 8.0 * sum(map(len, self.payload))


Encoded = Codes | Packets
