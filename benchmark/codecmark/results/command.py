"""The command line of a run, from what was asked of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

SINGULAR = {"evaluators": "evaluator", "clips": "clip", "trust_pickle": "trust-pickle"}
"""Options that are given once for each of their values; those of any other are one comma list."""


def command(tasks: Iterable[str], options: Mapping[str, Any]) -> str:
    """`codecmark run` with options by their names in Python, as run.json keeps them."""
    return shlex.join(["codecmark", "run", *tasks, *(word for item in options.items() for word in _words(*item))])


def _words(name: str, value: Any) -> list[str]:
    flag = f"--{SINGULAR.get(name, name.replace('_', '-'))}"
    if value is True:
        return [flag]
    values = [f"{key}={one}" for key, one in value.items()] if isinstance(value, dict) else value
    if isinstance(values, list) and name not in SINGULAR:
        return [flag, ",".join(map(str, values))]
    return [word for one in (values if isinstance(values, list) else [values]) for word in (flag, str(one))]
