"""Fixtures every room shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings, model files and published vectors that some tests compare with."""
    place = os.environ.get("CODECMARK_TEST_DATA")
    if not place:
        pytest.skip("CODECMARK_TEST_DATA is unset: it names a folder of real recordings and reference scores")
    return Path(place)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the tests away from the user's cache of weights and corpora."""
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path_factory.getbasetemp() / "home"))
