"""Snake, an activation that is periodic by design."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Snake(nn.Module):
    """x + sin^2(alpha x) / alpha, with an alpha of each channel.

    Source: Ziyin et al., Neural Networks Fail to Learn Periodic Functions and How to Fix It, 2020, equation 3.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, states: Tensor) -> Tensor:
        """(clips, channels, length), of the same shape."""
        return states + (self.alpha * states).sin().square() / (self.alpha + 1e-9)
