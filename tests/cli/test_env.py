"""`codecmark env`: environments as a user makes, sees and removes them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("plug_ins")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def listed(cli: Any) -> dict[str, Any]:
    ended = cli("env", "list", "--json")
    assert (ended.code, ended.err) == (0, "")
    return {row["name"]: row for row in json.loads(ended.out)}


def test_made_listed_removed(cli: Any, home: Path) -> None:
    missing = {"name": "puppet", "state": "missing", "mb": 0, "python": None, "commit": None, "trouble": None}
    assert listed(cli)["puppet"] == {**missing, "models": ["puppet_codec", "puppet"]}
    ended = cli("env", "create", "puppet")
    assert (ended.code, ended.err) == (0, "")
    version = ".".join(map(str, sys.version_info[:3]))
    assert ended.out == f"puppet is ready: Python {version} at {home / 'envs' / 'puppet' / 'venv' / 'bin' / 'python'}\n"
    found = listed(cli)["puppet"]
    assert (found["state"], found["python"], found["trouble"]) == ("ready", version, None)
    (line,) = [line for line in cli("env", "list").out.splitlines() if line.startswith("puppet ")]
    assert line.split() == ["puppet", "ready", str(found["mb"]), version, "-", "puppet_codec,puppet", "-"]
    assert cli("env", "remove", "puppet").code == 0
    assert not (home / "envs" / "puppet").exists()
    assert listed(cli)["puppet"]["state"] == "missing"


def test_what_is_half_made_and_what_nobody_uses(cli: Any, home: Path) -> None:
    for name in ("puppet", "former"):
        (home / "envs" / name).mkdir(parents=True)
        (home / "envs" / name / "large").write_bytes(bytes(3_400_000))
    found = listed(cli)
    assert (found["puppet"]["state"], found["puppet"]["trouble"]) == ("broken", "not finished")
    assert (found["former"]["state"], found["former"]["trouble"]) == ("unused", "no plug-in uses it")
    assert found["former"]["mb"] == found["puppet"]["mb"] == 3
    for name in found:
        assert cli("env", "remove", name).code == (0 if found[name]["state"] != "missing" else 2)
    assert "former" not in listed(cli)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("create pupet", "unknown environment 'pupet': did you mean puppet?"),
        ("remove puppet", "environment 'puppet' is not here: 'codecmark env list' shows them"),
        ("remove ../..", "environment '../..' is not here"),
        ("create puppet --python /nowhere", "--python /nowhere: no Python answers there"),
        ("create puppet --python a --existing b", "give --python or --existing, not both"),
        ("create puppet --source /nowhere", "environment 'puppet' is made without a checkout: leave --source out"),
        ("create", "Missing argument 'NAME' (see codecmark env create --help)"),
        ("bogus", "No such command 'bogus' (see codecmark env --help)"),
    ],
)
def test_wrong_requests_are_one_line(cli: Any, words: str, error: str) -> None:
    ended = cli("env", *words.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"codecmark: {error}")
    assert len(ended.err.splitlines()) == 1


def test_models_and_the_doctor_say_whether_theirs_is_there(cli: Any) -> None:
    def states() -> list[Any]:
        rows = json.loads(cli("list", "lms", "--json").out) + json.loads(cli("list", "codecs", "--json").out)
        line = next(line for line in cli("list", "lms").out.splitlines() if line.startswith("puppet/"))
        doctor = next(line for line in cli("doctor").out.splitlines() if line.startswith("environment puppet"))
        environments = {row["id"]: row["environment"] for row in rows}
        assert environments["identity/pcm"] is environments["echo/copy"] is None
        assert environments["puppet/one"] == environments["puppet_codec/bytes"]
        return [environments["puppet/one"]["state"], line.split()[4], doctor[27:]]

    assert states() == ["missing", "missing", "environment 'puppet' is missing (codecmark env create puppet)"]
    cli("env", "create", "puppet", "--existing", sys.executable)
    assert states() == ["ready", "ready", "ready"]


def test_a_codec_in_its_own_interpreter_keeps_every_rule(cli: Any) -> None:
    assert cli("check", "puppet_codec/tokens").err.startswith("codecmark: environment 'puppet' is missing")
    cli("env", "create", "puppet", "--existing", sys.executable)
    ended = cli("check", "puppet_codec/tokens,puppet_codec/bytes", "--device", "cpu")
    assert "fail " not in ended.out
    assert (ended.code, ended.err) == (0, "")
