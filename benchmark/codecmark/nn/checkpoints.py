"""Reads checkpoints without running code they may hold, and fits their tensors into a network to the last key."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils import parametrize

from codecmark.core.errors import WeightsError
from codecmark.core.resources import Resources
from codecmark.core.settings import Weights
from codecmark.nn import configurations

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


def only_file(folder: Path, weights: Weights, resources: Resources) -> tuple[Path, Any]:
    """The path of weights that are one file, in the folder that has them, and what it holds. Errors as `read`."""
    (file,) = weights.files
    return folder / file.name, read(folder / file.name, weights.name, resources)


def in_folder(folder: Path, resources: Resources) -> tuple[Path, Any]:
    """The path of the checkpoint that meta.json in a folder names, and what it holds; it is trusted by the folder's
    name. Errors as `read`.
    """
    path = folder / configurations.read(folder / "meta.json")["checkpoint"]
    return path, read(path, folder.name, resources)


def by_name(content: Any, path: Path, *under: str) -> Tensors:
    """What a checkpoint holds, `under` these names one inside the other, where it is tensors by name and nothing else.

    Raises `WeightsError` for another.
    """
    for name in under:
        if not isinstance(content, Mapping) or name not in content:
            raise WeightsError(f"weights file {path} is of another model: {name} is missing")
        content = content[name]
    if not isinstance(content, Mapping) or not all(isinstance(tensor, Tensor) for tensor in content.values()):
        raise WeightsError(f"weights file {path} holds no tensors by name")
    return dict(content)


def fold_weight_norm(tensors: Mapping[str, Tensor]) -> Tensors:
    """The same tensors with every weight that is stored as length g and direction v put together: g * v / |v|.

    Raises `WeightsError` naming the one that is missing where only the other is there.
    Source: Salimans and Kingma, Weight Normalization, 2016, equation 2.
    """
    folded = dict(tensors)
    for length, direction in PAIRS_OF_WEIGHT_NORM:
        halves = [(name, half) for half in (length, direction) for name in tensors if f".{name}".endswith(f".{half}")]
        for module in dict.fromkeys(name.removesuffix(half) for name, half in halves):
            try:
                g, v = folded.pop(module + length), folded.pop(module + direction)
            except KeyError as error:
                raise WeightsError(f"the weights are of another model: {error.args[0]} is missing") from error
            every_but_the_first = tuple(range(1, v.dim()))
            folded[module + "weight"] = v * (g / torch.linalg.vector_norm(v, dim=every_but_the_first, keepdim=True))
    return folded


def without_weight_norm(network: nn.Module) -> None:
    """Makes every weight of the network a plain one: what training needed only costs time when it is run."""
    for module in network.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")


def fit(
    network: nn.Module, tensors: Mapping[str, Tensor], path: Path, original: Callable[[str], str] = lambda name: name
) -> None:
    """Loads tensors into a network. `original` gives the name that `tensors` has for one of the network.

    Raises `WeightsError` naming tensors that are missing, left over, or of another shape.
    """
    ours = network.state_dict()
    wanted = {original(name): name for name in ours}
    shapes = [name for name in wanted if name in tensors and tensors[name].shape != ours[wanted[name]].shape]
    wrong = {
        "missing": sorted(wanted.keys() - tensors.keys()),
        "not expected": sorted(tensors.keys() - wanted.keys()),
        "of another shape": shapes,
    }
    found = [f"{_some(names)} {'is' if len(names) == 1 else 'are'} {what}" for what, names in wrong.items() if names]
    if found:
        raise WeightsError(f"weights file {path} is of another model: {'; '.join(found)}")
    network.load_state_dict({wanted[name]: tensor for name, tensor in tensors.items()})


def _some(names: list[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
