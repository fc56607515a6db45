"""CONTRIBUTING's guide to plug-ins, done to the letter: its files written, its commands run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

GUIDE = Path(__file__).parents[1] / "CONTRIBUTING.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"# ([\w./-]+\.\w+)\n")


@pytest.fixture(scope="module")
def section() -> str:
    return GUIDE.read_text("utf-8").partition("## A plug-in in five minutes")[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A virtual environment in which everything that is installed here can be imported, and pip fetches nothing."""
    pytest.importorskip("hatchling")
    place = tmp_path_factory.mktemp("guide") / "venv"
    venv.create(place, symlinks=True)
    (site,) = place.glob("lib/python*/site-packages")
    # addsitedir, so that editable installs of the outer environment count too
    (site / "outer.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    for command in ("pip", "codecmark"):
        script = place / "bin" / command
        script.write_text(f'#!/bin/sh\nexec "{place}/bin/python" -m {command} "$@"\n')
        script.chmod(0o755)
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(place / "bin"), os.environ["PATH"]]),
        "PIP_NO_BUILD_ISOLATION": "0",  # which is how pip spells that it should not isolate
        "PIP_NO_INDEX": "1",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="the guide's commands are for a POSIX shell")
def test_the_guide_works(section: str, environment: dict[str, str], tmp_path: Path, rows: Any) -> None:
    commands = []
    for language, text in BLOCK.findall(section):
        if language == "sh":
            commands.append(text)
            continue
        title = TITLE.match(text)
        assert title is not None, text
        path = tmp_path / title[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (script,) = commands
    done = subprocess.run(
        ["sh", "-e", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout
    found = rows(tmp_path / "runs" / "hum")
    assert {setting for setting, _, _ in found} == {"identity/pcm", "rounded/6bit", "rounded/8bit"}
    assert {row["status"] for row in found.values()} <= {"ok", "not_applicable"}
    assert found["rounded/8bit", "220hz", "kbps"]["value"] == 128
    assert abs(found["rounded/8bit", "220hz", "level_change"]["value"]) < 0.01
