"""`codecmark check`: one line per rule and setting, and its exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from codecmark.cli.check import check
from codecmark.codecs.identity import PLUGIN as IDENTITY
from codecmark.core import choose
from codecmark.core.audio import Audio
from codecmark.core.contracts import Codec
from codecmark.core.encoded import Encoded
from codecmark.core.errors import UnknownName, UsageError, WeightsMissing
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting
from codecmark.harness.checks import RULES

EXAMPLE = Path(__file__).parents[2] / "examples/codecmark-example-plugin"


def call(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(check)
    return CliRunner().invoke(app, [*arguments, "--device", "cpu"])


def test_one_line_per_rule_and_setting() -> None:
    result = call("identity,mulaw/16khz")
    *lines, summary = result.output.splitlines()
    assert result.exit_code == 0
    assert [line.split()[:2] for line in lines] == [
        [id, rule] for id in ("identity/pcm", "mulaw/16khz") for rule in RULES
    ]
    assert summary == "25 passed, 0 failed, 7 not applicable"


def test_a_broken_rule_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_late(setting: Setting, resources: Resources) -> Codec:
        codec = IDENTITY.open(setting, resources)

        class Late:
            encode = codec.encode

            def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
                return [audio.shift(-40) for audio in codec.decode(batch)]

        return Late()

    broken = replace(IDENTITY, open=open_late)
    monkeypatch.setattr(choose, "settings", lambda words: [(broken, broken.settings[0])])
    result = call("identity")
    assert result.exit_code == 1
    assert [line.split()[1:3] for line in result.output.splitlines() if "fail " in line] == [["lag", "fail"]]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("identiti",), UnknownName),
        ((",",), UsageError),
        (("identity", "--device", "tpu"), UsageError),
        (("lyra", "--offline"), WeightsMissing),
    ],
)
def test_what_cannot_be_checked(arguments: tuple[str, ...], error: type[Exception]) -> None:
    app = typer.Typer()
    app.command()(check)
    assert isinstance(CliRunner().invoke(app, arguments).exception, error)


def test_the_example_plug_in_keeps_every_rule(tmp_path: Path) -> None:
    """Its entry points are put beside it as pip would put them, without the network a build needs."""
    info = tmp_path / "codecmark_example_plugin-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: codecmark-example-plugin\nVersion: 0.1.0\n")
    groups = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]["entry-points"]
    points = [f"[{group}]\n{name} = {place}\n" for group, named in groups.items() for name, place in named.items()]
    (info / "entry_points.txt").write_text("".join(points))
    code = "import typer; from codecmark.cli.check import check; typer.run(check)"
    done = subprocess.run(
        [sys.executable, "-c", code, "bitcrush", "--device", "cpu"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(EXAMPLE), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "30 passed, 0 failed, 2 not applicable"
