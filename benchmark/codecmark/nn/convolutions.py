"""Convolutions that see to the ends of their input themselves, so that n samples give ceil(n / stride) frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

Pair = tuple[int, int]
Sides = tuple[int, int]
"""How much is put before and behind."""


def around(length: int, span: int, stride: int, causal: bool) -> Sides:
    """How much to put before and behind `length` steps for windows of `span` steps (dilation counted).

    What fills up the last stride comes behind; of the rest a causal convolution has all in front, another one half.
    Source: Defossez et al., High Fidelity Neural Audio Compression, 2022, and its code (padding of SConv1d).
    """
    overlap, missing = span - stride, -length % stride
    right = 0 if causal else overlap // 2
    return overlap - right, right + missing


def pad(states: Tensor, sides: Sequence[Sides], mode: str) -> Tensor:
    """Pads the last dimensions, the very last one by the first of `sides`.

    One too short to be reflected is lengthened by zeros for it, cut off again after.
    """
    lengths = list(states.shape[::-1][: len(sides)])
    reflected = zip(lengths, sides, strict=True) if mode == "reflect" else ()
    lacking = [(0, max(0, max(ends) - length + 1)) for length, ends in reflected]
    padded = functional.pad(functional.pad(states, list(chain(*lacking))), list(chain(*sides)), mode)
    for index, (length, ends) in enumerate(zip(lengths, sides, strict=True), start=1):
        padded = padded.narrow(-index, 0, length + sum(ends))
    return padded


class Conv1d(nn.Conv1d):
    """A convolution with the padding of EnCodec: causal or not, reflecting the ends or putting zeros there."""

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, *, causal: bool, mode: str = "reflect", **more: int
    ) -> None:
        """`more` are stride, dilation, groups and bias of `nn.Conv1d`."""
        super().__init__(channels_in, channels_out, kernel, **more)  # type: ignore[arg-type]
        self._causal, self._mode = causal, mode

    def forward(self, states: Tensor) -> Tensor:
        """(clips, channels, length) to (clips, channels, ceil(length / stride))."""
        span = (self.kernel_size[0] - 1) * self.dilation[0] + 1
        sides = around(states.shape[-1], span, self.stride[0], self._causal)
        return super().forward(pad(states, [sides], self._mode))


class Conv2d(nn.Conv2d):
    """A convolution over frequency and time with the padding of FunCodec.

    In frequency one half is put at each end, and what does not fill the last stride is lost. In time it is as `Conv1d`,
    except that what fills up the last stride comes in front where it is not causal.
    Source: Du et al., FunCodec, 2024, and its code (padding of SConv2d).
    """

    def __init__(
        self, channels_in: int, channels_out: int, kernel: Pair, *, causal: bool, mode: str = "reflect", **more: Any
    ) -> None:
        """`more` are stride, dilation and groups of `nn.Conv2d`."""
        super().__init__(channels_in, channels_out, kernel, **more)
        self._causal, self._mode = causal, mode

    def forward(self, states: Tensor) -> Tensor:
        """(clips, channels, bins, frames) to (clips, channels, floor(bins / stride), ceil(frames / stride))."""
        high, wide = ((size - 1) * step + 1 for size, step in zip(self.kernel_size, self.dilation, strict=True))
        frames, stride = states.shape[3], self.stride[1]
        left, right = around(frames, wide, stride, self._causal)
        if not self._causal:
            left, right = left + -frames % stride, right - -frames % stride
        sides = [(left, right), around(0, high, self.stride[0], causal=False)]
        return super().forward(pad(states, sides, self._mode))


class ConvTranspose1d(nn.ConvTranspose1d):
    """A transposed convolution whose ends are cut: a causal one loses what comes late, another one half at each end."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, *, causal: bool, **more: int) -> None:
        """`more` are stride, groups and bias of `nn.ConvTranspose1d`."""
        super().__init__(channels_in, channels_out, kernel, **more)  # type: ignore[arg-type]
        self._causal = causal

    def forward(self, states: Tensor) -> Tensor:  # type: ignore[override]
        """(clips, channels, length) to (clips, channels, length * stride)."""
        grown = super().forward(states)
        overlap = self.kernel_size[0] - self.stride[0]
        right = overlap if self._causal else overlap // 2
        return grown[..., overlap - right : grown.shape[-1] - right]


class CausalConv1d(nn.Module):
    """A convolution with all its padding in front, zeros: step t of its output ends with step t * stride of its input.

    Where there is a stride, a causal `Conv1d` has less in front and more behind: its step t ends with the stride.
    Source: Wu et al., AudioDec, 2023, and its code.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int, **more: int) -> None:
        """`more` are stride, dilation, groups and bias of `nn.Conv1d`."""
        super().__init__()
        self.conv = nn.Conv1d(channels_in, channels_out, kernel, **more)  # type: ignore[arg-type]

    def forward(self, states: Tensor) -> Tensor:
        """(clips, channels, length) to (clips, channels, ceil(length / stride))."""
        front = (self.conv.kernel_size[0] - 1) * self.conv.dilation[0]
        filtered: Tensor = self.conv(functional.pad(states, (front, 0)))
        return filtered


class CausalConvTranspose1d(nn.Module):
    """A transposed convolution, its kernel two strides long, that is given the first step twice; what comes before
    that and after the last step is cut. Source as `CausalConv1d`.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int, *, stride: int, bias: bool = True) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose1d(channels_in, channels_out, kernel, stride=stride, bias=bias)

    def forward(self, states: Tensor) -> Tensor:
        """(clips, channels, length) to (clips, channels, length * stride)."""
        stride = self.deconv.stride[0]
        grown: Tensor = self.deconv(functional.pad(states, (1, 0), "replicate"))
        return grown[..., stride:-stride]
