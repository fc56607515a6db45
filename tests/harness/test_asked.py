"""What run.json says was asked, and that the command line takes it back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codecmark import run
from codecmark.core.errors import UsageError
from codecmark.harness.asked import Asked, asked
from codecmark.harness.options import RunOptions


def test_only_what_differs_from_the_defaults(tmp_path: Path) -> None:
    options = RunOptions(codecs="opus, E3", weights_root=tmp_path, limit=8, evaluators={}, trust_pickle="dac")
    expected = {"codecs": ["opus", "E3"], "weights_root": str(tmp_path), "limit": 8, "trust_pickle": ["dac"]}
    assert asked({"quick": "quick"}, options).options == expected
    assert json.loads(json.dumps(expected)) == expected


def test_places_of_the_user_have_words(tmp_path: Path) -> None:
    options = {
        "weights_root": "/home/me/weights",
        "data_root": "data",
        "dataset": "folder:/home/me/clips",
        "evaluators": {"whisper": "base.en", "ecapa": "/home/me/ecapa"},
    }
    assert Asked({}, options).places == {
        "/home/me/weights": "WEIGHTS",
        "/home/me/clips": "FOLDER",
        "/home/me/ecapa": "ECAPA",
    }


def test_the_command_of_a_session_runs_and_finds_nothing_left(
    bench: Any, cli: Any, voice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for in Python, asked for again by the command line that run.json gives."""
    monkeypatch.chdir(tmp_path)
    bench.add(a=voice(), b=voice(seed=1))
    run(bench.task(), codecs=["identity", "mulaw/16khz"], metrics="kbps", clips=["a.wav"], out=Path("out"), workers=1)
    (session,) = json.loads(Path("out/run.json").read_text())["sessions"]
    assert session["tasks"] == {"bench": bench.task()}
    words = session["command"].split()
    assert words[:3] == ["codecmark", "run", bench.task()]
    ended = cli(*words[1:])
    assert ended.code == 0
    assert "0 scores to measure, 2 need no work" in ended.err


def test_a_clip_that_is_not_selected_is_said(bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice(), b=voice(seed=1))
    with pytest.raises(UsageError, match=r"--clip c\.wav: no such clip among the 2 selected, such as a\.wav"):
        run(bench.task(), clips=["c.wav"], out=tmp_path / "out")
