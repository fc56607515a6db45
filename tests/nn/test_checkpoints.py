"""Reading checkpoints: what is safe is read, what is not is refused in one line, and every tensor finds its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from codecmark import Resources
from codecmark.core.errors import WeightsError
from codecmark.nn import checkpoints


@dataclasses.dataclass
class Extra:
    """An object that only a pickle that may run code can bring back."""

    epoch: int


def read(path: Path, *trusted: str) -> object:
    return checkpoints.read(path, "codec", Resources(trusted_pickles=frozenset(trusted)))


def saved(content: object, path: Path) -> Path:
    torch.save(content, path)
    return path


def test_safetensors_and_plain_pickles_are_read(tmp_path: Path) -> None:
    tensors = {"weight": torch.arange(3.0)}
    save_file(tensors, tmp_path / "model.safetensors")
    nested = saved({"state_dict": tensors, "metadata": {"kwargs": {"rate": 16000}}}, tmp_path / "weights.pth")
    torch.testing.assert_close(read(tmp_path / "model.safetensors"), tensors)
    torch.testing.assert_close(read(nested), {"state_dict": tensors, "metadata": {"kwargs": {"rate": 16000}}})


def test_a_pickle_that_needs_more_is_refused_until_trusted_by_name(tmp_path: Path) -> None:
    path = saved({"state_dict": {}, "extra": Extra(3)}, tmp_path / "weights.pth")
    for trusted in ((), ("another",)):
        with pytest.raises(WeightsError, match="give --trust-pickle codec if you trust") as raised:
            read(path, *trusted)
        assert "\n" not in str(raised.value)
    assert read(path, "codec") == {"state_dict": {}, "extra": Extra(3)}


@pytest.mark.parametrize("name", ["model.safetensors", "weights.pth"])
def test_damaged_files_are_said_to_be(name: str, tmp_path: Path) -> None:
    whole = tmp_path / f"whole-{name}"
    save_file({"weight": torch.zeros(1000)}, whole) if name.endswith("rs") else saved({"a": torch.zeros(1000)}, whole)
    (tmp_path / name).write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(WeightsError, match="is damaged: delete it"):
        read(tmp_path / name)


@pytest.mark.parametrize("make", [nn.Conv1d, nn.ConvTranspose1d, nn.Conv2d, nn.ConvTranspose2d])
def test_folded_weight_norm_is_what_torch_makes_of_it(make: Callable[..., nn.Module]) -> None:
    normed: Any = weight_norm(make(3, 5, 4))
    with torch.no_grad():
        normed.parametrizations.weight.original0.uniform_(0.5, 2.0)
    as_torch_has_it = normed.state_dict()
    as_it_was = {
        key.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): value
        for key, value in as_torch_has_it.items()
    }
    nested = {f"layer.{key}": value for key, value in as_it_was.items()}
    torch.testing.assert_close(checkpoints.fold_weight_norm(as_torch_has_it)["weight"], normed.weight.detach())
    torch.testing.assert_close(checkpoints.fold_weight_norm(nested)["layer.weight"], normed.weight.detach())
    assert checkpoints.fold_weight_norm(nested).keys() == {"layer.weight", "layer.bias"}
    before = normed.weight.detach().clone()
    checkpoints.without_weight_norm(normed)
    torch.testing.assert_close(normed.state_dict()["weight"], before)


def test_tensors_that_do_not_fit_are_named() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    good = network.state_dict()
    checkpoints.fit(network, good, Path("good"))
    wrong = {**good, "1.weight": torch.zeros(1, 4), **{f"more.{number}": torch.zeros(1) for number in range(5)}}
    del wrong["0.bias"]
    message = (
        "weights file wrong is of another model: 0.bias is missing; "
        "more.0, more.1, more.2 and 2 more are not expected; "
        "1.weight is of another shape"
    )
    with pytest.raises(WeightsError, match=f"^{message}$"):
        checkpoints.fit(network, wrong, Path("wrong"))
