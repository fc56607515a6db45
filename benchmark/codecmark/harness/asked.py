"""What was asked of a run, in plain JSON: run.json keeps it, so that any cell can be asked for again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from codecmark.core import choose
from codecmark.harness.options import RunOptions
from codecmark.results.card import Plain

LISTS = ("codecs", "metrics", "trust_pickle")


@dataclass(frozen=True, slots=True)
class Asked:
    """The tasks by name, each as it was typed, and the options that differ from their defaults."""

    tasks: Mapping[str, str]
    options: Plain

    @property
    def places(self) -> dict[str, str]:
        """The user's own folders and files, each with the word that stands for it where a result is published."""
        kind, _, path = str(self.options.get("dataset", "")).partition(":")
        named = {"WEIGHTS": self.options.get("weights_root"), "DATA": self.options.get("data_root"), kind.upper(): path}
        named |= {role.upper(): model for role, model in self.options.get("evaluators", {}).items()}
        return {path: word for word, path in named.items() if path and Path(path).is_absolute()}


def asked(tasks: Mapping[str, str], options: RunOptions) -> Asked:
    """What was asked."""
    given = [(field.name, getattr(options, field.name), field.default) for field in fields(options)]
    return Asked(tasks, {name: _plain(name, value) for name, value, default in given if value and value != default})


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if name in LISTS:
        return list(choose.words(value) or ())
    if isinstance(value, Mapping):
        return {str(key): str(one) for key, one in value.items()}
    return [str(one) for one in value] if isinstance(value, list | tuple) else value
