"""Where the network behind a codec's description lives, so that nothing heavy is imported before one is opened."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from codecmark.core.contracts import Codec, Parts
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights


@dataclass(frozen=True, slots=True)
class NetworkModule:
    """A module with `open_codec(setting, weights, resources)` and, where it can, `open_parts(folder, resources)`.

    `weights_of` says which checkpoint is a setting's.
    """

    name: str
    weights_of: Callable[[Setting], Weights]

    def open(self, setting: Setting, resources: Resources) -> Codec:
        """Opens a setting. Raises `WeightsMissing` where its checkpoint is not here, unless random weights may do."""
        module = importlib.import_module(self.name)
        return cast(Codec, module.open_codec(setting, self.weights_of(setting), resources))

    def parts(self, folder: Path, resources: Resources) -> Parts:
        """Opens the network of any folder with a checkpoint and a configuration in the layout of the original.

        Raises `WeightsError` for a folder that is not so, or a checkpoint of another model.
        """
        return cast(Parts, importlib.import_module(self.name).open_parts(folder, resources))
