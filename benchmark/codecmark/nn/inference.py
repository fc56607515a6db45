"""What every torch network here does to be run: float32 in full, nothing kept for training, one transfer a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from codecmark.core.audio import Audio

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
