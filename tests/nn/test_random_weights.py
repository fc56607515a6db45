"""Random weights: whatever the layers, a signal that goes through them keeps its level."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from codecmark.nn import random_weights


class Residual(nn.Module):
    """Adds what a layer makes of its input, as the blocks of most codecs do."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, states: Tensor) -> Tensor:
        return states + self.layer(states)


NETWORKS = {
    "residual": lambda: nn.Sequential(
        *(Residual(nn.Conv1d(8, 8, 3, padding=1)) for _ in range(30)), nn.Conv1d(8, 1, 3)
    ),
    "grouped": lambda: nn.Sequential(nn.Conv1d(8, 64, 5, groups=8), nn.ConvTranspose1d(64, 8, 8, stride=4, groups=4)),
    "two-dimensional": lambda: nn.Sequential(
        nn.Unflatten(1, (2, 4)), nn.Conv2d(2, 16, 3, padding=1), nn.ConvTranspose2d(16, 1, (4, 2), stride=(2, 1))
    ),
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
@torch.inference_mode()
def test_a_levelled_network_keeps_the_level(make: type[nn.Module]) -> None:
    network = make()
    states = torch.randn(1, 8, 4000, generator=torch.Generator().manual_seed(1))
    random_weights.initialise(network, seed=0)
    with random_weights.levelled(network):
        levelled = network(states)
    assert levelled.std().item() == pytest.approx(1, abs=1e-3)
    torch.testing.assert_close(network(states), levelled, rtol=1e-3, atol=1e-4)


@torch.inference_mode()
def test_each_convolution_alone_keeps_the_level_nearly_as_it_is() -> None:
    """He et al.'s deviation, half of whose power a ReLU would take, in groups and transposed as well."""
    states = torch.randn(1, 64, 4000, generator=torch.Generator().manual_seed(1))
    for layer in (nn.Conv1d(64, 64, 7, groups=4), nn.ConvTranspose1d(64, 64, 16, stride=8, groups=4)):
        random_weights.initialise(layer, seed=0)
        assert layer(states).var().item() == pytest.approx(2, rel=0.2)


@torch.inference_mode()
def test_one_seed_makes_one_network() -> None:
    """Whatever random numbers torch has given out before."""

    def made(seed: int) -> dict[str, Tensor]:
        network = nn.Sequential(nn.Conv1d(4, 6, 3), nn.Linear(6, 5), nn.LSTM(5, 3), nn.ConvTranspose2d(3, 2, 2))
        random_weights.initialise(network, seed)
        return {name: one for name, one in network.state_dict().items() if one.dim() > 1}

    one, same, other = made(0), made(0), made(1)
    assert all(torch.equal(one[name], same[name]) and not torch.equal(one[name], other[name]) for name in one)


@torch.inference_mode()
def test_a_linear_layer_keeps_the_level() -> None:
    states = torch.randn(4000, 256, generator=torch.Generator().manual_seed(1))
    layer = nn.Linear(256, 512)
    random_weights.initialise(layer, seed=0)
    assert layer(states).var().item() == pytest.approx(1, rel=0.05)
