"""The configuration that lies beside a checkpoint, as its makers wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub.errors import StrictDataclassError

from codecmark.core.errors import WeightsError


class Configuration(dict[str, Any]):
    """What a configuration file says; asked for something it does not say, it raises `WeightsError` naming both."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        super().__init__(content)
        self.where = where

    def __missing__(self, key: str) -> Any:
        raise WeightsError(f"{self.where} says nothing of '{key}'")

    def part(self, key: str, **defaults: Any) -> Configuration:
        """What stands under a key, and `defaults` for what does not. Raises `WeightsError` where that is no mapping."""
        content = self[key]
        if not isinstance(content, Mapping):
            raise WeightsError(f"{self.where} has {content!r} under '{key}', and not names with values")
        return Configuration({**defaults, **content}, f"{self.where} under '{key}'")

    def only(self, fixed: Mapping[str, Any]) -> None:
        """Raises `WeightsError` where it says something else than `fixed`: a network built so cannot be run here."""
        for key, value in fixed.items():
            if self.get(key, value) != value:
                raise WeightsError(f"{self.where} says {key}: {self[key]!r}; here only {value!r} can be run")

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Raises `WeightsError` where values of this make no network: of another type, or that do not go together."""
        try:
            yield
        except (StrictDataclassError, TypeError, ValueError) as error:
            why = " ".join(str(error).split())
            raise WeightsError(f"{self.where} is of no network that can be made here: {why}") from error


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
