"""`codecmark doctor`: what this machine has, a line each."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any


def test_it_says_what_is_here(cli: Any) -> None:
    ended = cli("doctor")
    assert (ended.code, ended.err) == (0, "")
    found = {line[:27].strip(): line[27:] for line in ended.out.splitlines()}
    assert found["python"].startswith(platform.python_version())
    for package in ("torch", "numpy", "pesq", "codecmark"):
        assert found[package] == version(package)
    assert found["torchaudio"] in ("native", "shimmed", "absent")
    assert "weights lyra" in ended.out
    assert "codecmark download lyra" in ended.out
