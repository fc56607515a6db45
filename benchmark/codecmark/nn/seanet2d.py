"""SEANet over frequency and time, as FunCodec has it; between its ends frequency is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from codecmark.nn.convolutions import Conv1d, Conv2d, Pair, Sides
from codecmark.nn.seanet import Residual, SkipLSTM

CHANNELS = 3
"""Of a spectrogram: a magnitude, and both parts of the complex number that is its phase."""
FREQUENCY = 2
"""The dimension of frequency."""
NORMS = ("time_group_norm", "weight_norm", "none")
SEQUENCES = ("lstm", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """Encoder or decoder, with the names and defaults of FunCodec's own options.

    `ratios` are strides in frequency and in time, the decoder's; the encoder has them backwards. Where a group ratio is
    above 0, a convolution of so many channels has channels / 2 / ratio groups; `tr_` is that of the transposed ones,
    the last of which keeps `last_out_padding` more at either end, in frequency and in time.
    Source: Du et al., FunCodec, 2024, section 2.3. Raises `ValueError` for a norm or a sequence model that is not here.
    """

    dimension: int = 128
    n_filters: int = 32
    ratios: Sequence[Pair] = ((4, 1), (4, 1), (4, 2), (4, 1))
    n_residual_layers: int = 1
    kernel_size: int = 7
    last_kernel_size: int = 7
    residual_kernel_size: int = 3
    dilation_base: int = 2
    compress: int = 2
    true_skip: bool = False
    seq_model: str = "lstm"
    seq_layer_num: int = 2
    causal: bool = False
    pad_mode: str = "reflect"
    norm: str = "weight_norm"
    norm_params: Mapping[str, int] = field(default_factory=dict)
    conv_group_ratio: int = -1
    tr_conv_group_ratio: int = -1
    last_out_padding: Sequence[Sides] = ((0, 1), (0, 0))

    def __post_init__(self) -> None:
        for name, known in (("norm", NORMS), ("seq_model", SEQUENCES)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}, and not one of {', '.join(known)}")

    def encoder(self) -> nn.Sequential:
        """Spectrograms (clips, 3, bins, frames) to the latent (clips, dimension, frames)."""
        width = self.n_filters
        layers = [self._conv2d(CHANNELS, width, (self.kernel_size,) * 2)]
        for high, wide in reversed(self.ratios):
            layers += self._residuals(width)
            groups = _groups(width, self.conv_group_ratio)
            shrink = self._conv2d(width, 2 * width, (2 * high, 2 * wide), stride=(high, wide), groups=groups)
            layers += [nn.ELU(), shrink]
            width *= 2
        ends = self._conv1d(width, self.dimension, self.last_kernel_size)
        return nn.Sequential(*layers, Squeeze(), *self._sequence(width), nn.ELU(), ends)

    def decoder(self, dimension: int) -> nn.Sequential:
        """The latent (clips, dimension, frames) to spectrograms (clips, 3, bins, frames)."""
        width = self.n_filters << len(self.ratios)
        layers = [self._conv1d(dimension, width, self.kernel_size), *self._sequence(width), Unsqueeze()]
        for index, stride in enumerate(self.ratios):
            last = index == len(self.ratios) - 1
            layers += [nn.ELU(), self._growing(width, stride, self.last_out_padding if last else ((0, 0), (0, 0)))]
            width //= 2
            layers += self._residuals(width)
        return nn.Sequential(*layers, nn.ELU(), self._conv2d(width, CHANNELS, (self.last_kernel_size,) * 2))

    def _residuals(self, width: int) -> list[nn.Module]:
        return [self._residual(width, self.dilation_base**index) for index in range(self.n_residual_layers)]

    def _residual(self, width: int, dilation: int) -> nn.Module:
        narrow, kernel = width // self.compress, (self.residual_kernel_size,) * 2
        groups = _groups(narrow, self.conv_group_ratio)
        block = nn.Sequential(
            nn.ELU(),
            self._conv2d(width, narrow, kernel, dilation=(1, dilation), groups=groups),
            nn.ELU(),
            self._conv2d(narrow, width, (1, 1), groups=groups),
        )
        shortcut = self._conv2d(width, width, (1, 1), groups=_groups(width, self.conv_group_ratio))
        return Residual(block, nn.Identity() if self.true_skip else shortcut)

    def _sequence(self, width: int) -> list[nn.Module]:
        return [SkipLSTM(width, self.seq_layer_num)] if self.seq_model == "lstm" else []

    def _conv1d(self, channels_in: int, channels_out: int, kernel: int) -> nn.Module:
        conv = Conv1d(channels_in, channels_out, kernel, causal=self.causal, mode=self.pad_mode)
        return Normed(conv, self._norm(channels_out))

    def _conv2d(self, channels_in: int, channels_out: int, kernel: Pair, **more: Any) -> nn.Module:
        """`more` are stride, dilation and groups."""
        conv = Conv2d(channels_in, channels_out, kernel, causal=self.causal, mode=self.pad_mode, **more)
        return Normed(conv, self._norm(channels_out))

    def _growing(self, width: int, stride: Pair, kept: Sequence[Sides]) -> nn.Module:
        groups = _groups(width, self.tr_conv_group_ratio)
        conv = nn.ConvTranspose2d(width, width // 2, (2 * stride[0], 2 * stride[1]), stride, groups=groups)
        cuts = []
        for overlap, causal, (before, behind) in zip(stride, (False, self.causal), kept, strict=True):
            right = overlap if causal else overlap // 2
            cuts.append((max(overlap - right - before, 0), max(right - behind, 0)))
        return Growing(conv, self._norm(width // 2), cuts)

    def _norm(self, channels: int) -> nn.Module:
        """What follows a convolution; the norm of its weights is put into them when they are loaded."""
        if self.norm != "time_group_norm":
            return nn.Identity()
        return nn.GroupNorm(self.norm_params.get("num_groups", 1), channels)


class Normed(nn.Module):
    """A convolution and a norm."""

    def __init__(self, conv: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.conv, self.norm = conv, norm

    def forward(self, states: Tensor) -> Tensor:
        normed: Tensor = self.norm(self.conv(states))
        return normed


class Growing(Normed):
    """A transposed convolution and a norm, what is too much in frequency and in time cut off after both."""

    def __init__(self, conv: nn.Module, norm: nn.Module, cuts: Sequence[Sides]) -> None:
        super().__init__(conv, norm)
        self._cuts = cuts

    def forward(self, states: Tensor) -> Tensor:
        """(clips, channels, bins, frames) to (clips, channels, bins * stride, frames * stride)."""
        grown = super().forward(states)
        for dimension, (before, behind) in enumerate(self._cuts, FREQUENCY):
            grown = grown.narrow(dimension, before, grown.shape[dimension] - before - behind)
        return grown


class Squeeze(nn.Module):
    """Takes the one bin that is left of frequency away."""

    def forward(self, states: Tensor) -> Tensor:
        return states.squeeze(FREQUENCY)


class Unsqueeze(nn.Module):
    """Starts frequency with one bin."""

    def forward(self, states: Tensor) -> Tensor:
        return states.unsqueeze(FREQUENCY)


def _groups(channels: int, ratio: int) -> int:
    return channels // 2 // ratio if ratio > 0 else 1
