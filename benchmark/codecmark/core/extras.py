"""Packages that only an extra of ours brings."""

from __future__ import annotations

import importlib.util

from codecmark.core.errors import WeightsMissing


def require(extra: str, *modules: str) -> None:
    """Raises `WeightsMissing` naming the extra to install where one of these top-level modules cannot be found."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise WeightsMissing(f"'{module}' is not installed: pip install 'codecmark[{extra}]'")
