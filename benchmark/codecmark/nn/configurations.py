"""The configuration that lies beside a checkpoint, as its makers wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from codecmark.core.errors import WeightsError


class Configuration(dict[str, Any]):
    """What a configuration file says; asked for something it does not say, it raises `WeightsError` naming both."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        super().__init__(content)
        self._where = where

    def __missing__(self, key: str) -> Any:
        raise WeightsError(f"{self._where} says nothing of '{key}'")

    def part(self, key: str) -> Configuration:
        """What stands under a key. Raises `WeightsError` where that is no mapping."""
        content = self[key]
        if not isinstance(content, Mapping):
            raise WeightsError(f"{self._where} has {content!r} under '{key}', and not names with values")
        return Configuration(content, f"{self._where} under '{key}'")


def read(path: Path) -> Configuration:
    """A JSON or YAML file. Raises `WeightsError` where it is not there, or holds something else."""
    parse = json.loads if path.suffix == ".json" else yaml.safe_load
    try:
        content = parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"cannot read the configuration {path}: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise WeightsError(f"the configuration {path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, Mapping):
        raise WeightsError(f"the configuration {path} holds no names with values")
    return Configuration(content, f"the configuration {path}")
