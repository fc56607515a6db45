"""C libraries that came inside the wheel of a Python package."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from codecmark.core.errors import PluginError


def bundled_library(package: str, library: str) -> Path:
    """The shared library whose file name starts with `library`. Raises `PluginError` where the package has none."""
    for file in importlib.metadata.files(package) or ():
        if file.name.startswith(library):
            return Path(str(file.locate()))
    raise PluginError(f"this {package} brings no {library} of its own: install its wheel ('pip install {package}')")
