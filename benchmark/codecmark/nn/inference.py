"""What every torch network here does to be run: float32 in full, nothing kept for training, one transfer a batch."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from codecmark.core.audio import Audio
from codecmark.core.encoded import Codes, Encoded

Network = TypeVar("Network", bound=nn.Module)
Item = TypeVar("Item")
Answer = TypeVar("Answer")


def ready(network: Network, device: str) -> Network:
    """The network on the device, for inference in float32.

    TF32, which torch uses for convolutions unless told otherwise, is switched off for the whole process: it keeps 10
    bits of a float32 mantissa, and codes would differ from those of a CPU.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return network.eval().requires_grad_(False).to(device=device, dtype=torch.float32)


def waveforms(batch: Sequence[Audio], num_samples: int, device: str) -> Tensor:
    """Mono clips as one tensor (clips, 1, `num_samples`) on the device, zeros behind each clip; one transfer."""
    table = np.zeros((len(batch), 1, num_samples), dtype=np.float32)
    for row, audio in zip(table, batch, strict=True):
        row[:, : audio.num_samples] = audio.samples
    return torch.from_numpy(table).to(device)


def in_groups(
    items: Sequence[Item], key: Callable[[Item], Hashable], run: Callable[[list[Item]], Sequence[Answer]]
) -> list[Answer]:
    """Runs the items of one key together, group by group; the answers are in the order of the items."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        groups[key(item)].append(index)
    answers: dict[int, Answer] = {}
    for indices in groups.values():
        answers.update(zip(indices, run([items[index] for index in indices]), strict=True))
    return [answers[index] for index in range(len(items))]


def codes_of(sent: Encoded) -> Codes:
    """The tokens of what a neural codec sent. Raises `TypeError` for packets."""
    if not isinstance(sent, Codes):
        raise TypeError(f"a neural codec decodes Codes, not {type(sent).__name__}")
    return sent


class InGroups:
    """A codec that runs a batch in groups whose clips give what each gives alone: by default those of one length."""

    @torch.inference_mode()
    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        """Codes of each clip; the others in the batch change nothing."""
        return in_groups(batch, lambda audio: self._company(audio.num_samples), self._encode)

    @torch.inference_mode()
    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        """Mono audio of each one's `num_samples`."""
        return in_groups([codes_of(sent) for sent in batch], lambda sent: self._company(sent.num_samples), self._decode)

    def _company(self, num_samples: int) -> int:
        """Clips of one answer may be run together."""
        return num_samples

    @abstractmethod
    def _encode(self, batch: Sequence[Audio]) -> list[Encoded]:
        """The codes of one group."""

    @abstractmethod
    def _decode(self, batch: Sequence[Codes]) -> list[Audio]:
        """The audio of one group."""
