"""Reads checkpoints without running code they may hold, and fits their tensors into a network to the last key."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils import parametrize

from codecmark.core.errors import WeightsError
from codecmark.core.resources import Resources

Tensors = dict[str, Tensor]

PAIRS_OF_WEIGHT_NORM = (
    ("weight_g", "weight_v"),
    ("parametrizations.weight.original0", "parametrizations.weight.original1"),
)
"""Length and direction of a weight, as torch called them before and after its version 2."""
NAMED_AT_MOST = 3


def read(path: Path, weights: str, resources: Resources) -> Any:
    """What a safetensors file, or a file of `torch.save`, holds; on the CPU.

    A pickle is read as tensors and plain containers only. One that holds more may run any code, and is read only where
    `resources` trusts these `weights` by name. Raises `WeightsError` for such a file, and for a damaged one.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=weights not in resources.trusted_pickles)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"weights file {path} holds more than tensors, and reading it could run any code: "
            f"give --trust-pickle {weights} if you trust where it comes from"
        ) from error
    except ImportError as error:
        raise WeightsError(f"weights file {path} can only be read where its makers' package is: {error}") from error
    except (SafetensorError, RuntimeError, EOFError, OSError) as error:
        raise WeightsError(f"weights file {path} is damaged: delete it and download it again") from error


def fold_weight_norm(tensors: Mapping[str, Tensor]) -> Tensors:
    """The same tensors with every weight that is stored as length g and direction v put together: g * v / |v|.

    Source: Salimans and Kingma, Weight Normalization, 2016, equation 2.
    """
    folded = dict(tensors)
    for name in tensors:
        for length, direction in PAIRS_OF_WEIGHT_NORM:
            module = name.removesuffix(length)
            if module != name and (module == "" or module.endswith(".")):
                g, v = folded.pop(name), folded.pop(module + direction)
                every_but_the_first = tuple(range(1, v.dim()))
                folded[module + "weight"] = v * (g / v.norm(dim=every_but_the_first, keepdim=True))
    return folded


def without_weight_norm(network: nn.Module) -> None:
    """Makes every weight of the network a plain one: what training needed only costs time when it is run."""
    for module in network.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")


def fit(network: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Loads tensors into a network.

    Raises `WeightsError` naming tensors that are missing, left over, or of another shape.
    """
    wanted = network.state_dict()
    shapes = [name for name in wanted if name in tensors and tensors[name].shape != wanted[name].shape]
    wrong = {
        "missing": sorted(wanted.keys() - tensors.keys()),
        "not expected": sorted(tensors.keys() - wanted.keys()),
        "of another shape": shapes,
    }
    found = [f"{_some(names)} {'is' if len(names) == 1 else 'are'} {what}" for what, names in wrong.items() if names]
    if found:
        raise WeightsError(f"weights file {path} is of another model: {'; '.join(found)}")
    network.load_state_dict(tensors)


def _some(names: list[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
