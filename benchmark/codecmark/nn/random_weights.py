"""Made-up weights with which a full-size network takes the time of a trained one; what it puts out is noise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

CONVOLUTIONS = (nn.Conv1d, nn.ConvTranspose1d, nn.Conv2d, nn.ConvTranspose2d)
HE_GAIN = math.sqrt(2.0)
SPREAD = 0.7
"""Noise added to codebook entries, as a share of the deviation of what they are drawn from. Entries are many more
than the frames of a short signal; and so the residual shrinks by as much from one codebook to the next, not to nothing.
"""
SILENCE = 1e-8
"""A deviation that is taken to be nothing."""


def initialise(network: nn.Module, seed: int) -> torch.Generator:
    """Fills convolutions after He et al. 2015, so that signals neither die nor grow on their way, linear layers after
    LeCun et al. 1998, which keep the level too, and LSTMs evenly.

    Other parameters keep the values they are made with. Returns the generator, for what else is to be drawn.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, CONVOLUTIONS):
            inputs = module.in_channels // module.groups * math.prod(module.kernel_size)
            if module.transposed:
                inputs //= math.prod(module.stride)  # each output sample is reached by so many only
            module.weight.normal_(0.0, HE_GAIN / math.sqrt(inputs), generator=generator)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.Linear):
            module.weight.normal_(0.0, 1 / math.sqrt(module.in_features), generator=generator)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.LSTM):
            for parameter in module.parameters():
                bound = 1 / math.sqrt(module.hidden_size)
                parameter.uniform_(-bound, bound, generator=generator)
    return generator


@contextmanager
def levelled(network: nn.Module) -> Iterator[None]:
    """While it lasts, each convolution that is run gets the gain with which its output has a deviation of 1.

    Else what goes past a layer and through it would add up from one to the next, and nothing would come out but full
    scale. Source: Mishkin and Matas, All You Need Is a Good Init, 2016.
    """

    def level(module: Any, given: tuple[Tensor, ...], output: Tensor) -> Tensor:
        gain = 1 / output.std().clamp(min=SILENCE)
        module.weight.mul_(gain)
        return output * gain

    hooks = [module.register_forward_hook(level) for module in network.modules() if isinstance(module, CONVOLUTIONS)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def signal(sample_rate: int, channels: int, num_samples: int, generator: torch.Generator) -> Tensor:
    """Something with structure to draw codebooks from, (1, channels, samples): a swept tone over noise."""
    time = torch.arange(num_samples) / sample_rate
    sweep = torch.sin(2 * np.pi * (100 * time + 0.5 * 3000 * time**2))
    noise = torch.randn(channels, num_samples, generator=generator)
    return (0.3 * sweep + 0.1 * noise).unsqueeze(0)


def drawn(vectors: Tensor, entries: int, generator: torch.Generator) -> Tensor:
    """A codebook (entries, dimension): some of the vectors (frames, dimension), with noise."""
    chosen = vectors[torch.randint(len(vectors), (entries,), generator=generator)]
    noise = torch.randn(chosen.shape, generator=generator)
    return chosen + SPREAD * vectors.std(dim=0) * noise
