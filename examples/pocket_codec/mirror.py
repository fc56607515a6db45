"""A codec to start from: it is nearly linear, and its decoder undoes what its encoder does.

Each frame is made of its own samples alone, by rotations that leave out directions at random, and samples are made of
their own frame by the same rotations backwards. Such a network hands on a part of the speech, in time, before its first
step, and learns in hundreds of steps what one of independent random weights needs many thousands for.
Source: Saxe et al., Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks, 2014.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from codecmark.nn.convolutions import Conv1d, ConvTranspose1d
from codecmark.nn.seanet import Residual


@torch.no_grad()
def mirror(encoder: nn.Sequential, decoder: nn.Sequential, generator: torch.Generator) -> None:
    """Fills the convolutions of both halves of a causal SEANet; what is beside a shortcut adds nothing at first."""
    inwards = [layer for layer in encoder if isinstance(layer, Conv1d)]
    outwards = [layer for layer in reversed(list(decoder)) if isinstance(layer, Conv1d | ConvTranspose1d)]
    for one, other in zip(inwards, outwards, strict=True):
        stride = one.stride[0]
        rotation = _rotation(one.out_channels, one.in_channels, stride, generator)
        _only(one, rotation, first=one.kernel_size[0] - stride)
        if isinstance(other, ConvTranspose1d):
            _only(other, rotation, first=0)
        else:
            _only(other, rotation.transpose(0, 1), first=other.kernel_size[0] - 1)
    for layer in (*encoder, *decoder):
        if isinstance(layer, Residual):
            shortcut, last = layer.shortcut, list(layer.block.children())[-1]
            assert isinstance(shortcut, Conv1d)
            assert isinstance(last, Conv1d)
            _only(shortcut, torch.eye(shortcut.out_channels)[:, :, None], first=0)
            _only(last, torch.zeros_like(last.weight), first=0)


def _rotation(channels_out: int, channels_in: int, stride: int, generator: torch.Generator) -> Tensor:
    """(channels out, channels in, stride), a little louder where it leaves out directions."""
    given = channels_in * stride
    rotation = nn.init.orthogonal_(torch.empty(channels_out, given), generator=generator)
    louder: float = max(1.0, given / channels_out) ** 0.25
    return louder * rotation.view(channels_out, channels_in, stride)


def _only(layer: Conv1d | ConvTranspose1d, taps: Tensor, first: int) -> None:
    """Gives a convolution these taps from `first` on, and none else."""
    assert layer.bias is not None
    layer.weight.zero_()
    layer.bias.zero_()
    layer.weight[:, :, first : first + taps.shape[-1]] = taps
