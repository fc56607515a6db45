"""Asking git about a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

PATIENCE_SECONDS = 30.0


def git(folder: Path, *words: str) -> str:
    """What git says of a folder. Raises `OSError` without git, and `subprocess.SubprocessError` where it fails."""
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS).stdout.strip()
