"""The command line as a whole: quick to answer, one line for every error, exit codes that scripts can rely on."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from codecmark import run
from codecmark.cli import main as command_line

COMMANDS = ["run", "list", "score", "report", "publish", "check", "doctor", "download", "env"]
SECONDS = 1.0
"""Half of that on a machine that does nothing else; torch alone would take two."""


def cpu_seconds(*words: str) -> float:
    """Of a process of its own: what it takes on a machine that does nothing else."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "codecmark", *words], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


@pytest.mark.parametrize("words", [("--help",), ("list", "codecs"), ("list", "metrics"), ("run", "--help")])
def test_help_and_lists_answer_at_once(words: tuple[str, ...]) -> None:
    assert min(cpu_seconds(*words) for _ in range(3)) < SECONDS


def test_every_command_is_a_file_of_its_own_and_has_help() -> None:
    folder = Path(command_line.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "main", "console", "options"}
    assert files == set(COMMANDS)
    for command in COMMANDS:
        result = CliRunner().invoke(command_line.app, [command, "--help"])
        assert result.exit_code == 0
        assert len(result.output.splitlines()) > 5


def test_no_words_at_all_is_help(cli: Any) -> None:
    ended = cli()
    assert ended.code == 0
    assert all(f"\n  {command} " in ended.out for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("bogus", "No such command 'bogus' (see codecmark --help)"),
        ("run", "Missing argument 'TASK...' (see codecmark run --help)"),
        ("run quick --nope", "No such option: --nope (see codecmark run --help)"),
        ("run quick --limit many", "Invalid value for '--limit': Input should be a valid integer"),
        ("run quick --limit 0", "--limit 0: give a whole number from 1"),
        ("run quick --workers 0", "--workers 0: give a whole number from 1"),
        ("run quick --batch-size -3", "--batch-size -3: give a whole number from 1"),
        ("run quick --codecs ,", "',' names nothing"),
        ("run quick --metrics", "Option '--metrics' requires an argument"),
        ("run quick --codecs opsu", "unknown codec or setting 'opsu': did you mean opus"),
        ("run quick --metrics pesq", "unknown metric 'pesq': did you mean pesq_wb or pesq_nb"),
        ("run quick --dataset startr", "unknown dataset 'startr': did you mean starter?"),
        ("run quick --offline --dataset folder:/nowhere", "no such folder: /nowhere"),
        ("run quick --dataset librispeech/test-clean --offline", "librispeech/test-clean"),
        ("run qick", "unknown task 'qick': did you mean quick?"),
        ("run ./qick.yaml", "no such file: ./qick.yaml"),
        ("run quick --device tpu", "--device tpu: "),
        ("run quick --device cuda:99", "--device cuda:99: "),
        ("run quick --weights-root /nowhere", "--weights-root /nowhere: no such folder"),
        ("run quick --data-root /nowhere", "--data-root /nowhere: no such folder"),
        ("list codec", "unknown list 'codec': did you mean codecs?"),
        ("score", "give --pairs PAIRS.csv, or --reference DIR and --decoded DIR"),
        ("score --pairs /nowhere.csv", "cannot read /nowhere.csv: No such file or directory"),
        ("score --reference /nowhere --decoded /nowhere", "no such folder: /nowhere"),
        ("report /nowhere --out /nowhere", "/nowhere is not a run folder (no run.json)"),
        ("publish /nowhere --out /nowhere", "/nowhere is not a run folder (no run.json)"),
        ("check opsu", "unknown codec or setting 'opsu': did you mean opus"),
        (
            "download librispeech/dev-clean --data-root /proc/nowhere",
            "cannot write to /proc/nowhere: No such file or dir",
        ),
        ("report RUN --out /proc/nowhere", "cannot write /proc/nowhere"),
        ("publish RUN --out /proc/nowhere", "cannot write /proc/nowhere"),
        ("download opsu", "unknown corpus or model 'opsu': did you mean opus"),
    ],
)
def test_an_error_is_one_line_on_standard_error(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, error: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if "RUN" in words:
        run("quick", codecs="identity", metrics="kbps", limit=1, out=tmp_path / "RUN", offline=True)
    before = list(tmp_path.iterdir())
    ended = cli(*words.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("codecmark: ")
    assert error in ended.err
    assert ended.err.count("\n") == 1
    if "/nowhere" not in words and "librispeech" not in words:
        assert list(tmp_path.iterdir()) == before, "a wrong request leaves nothing behind"


def test_debug_shows_the_traceback(cli: Any) -> None:
    ended = cli("list", "codec", "--debug")
    assert ended.code == 2
    assert "Traceback" in ended.err
    assert ended.err.splitlines()[-1] == "codecmark: unknown list 'codec': did you mean codecs?"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, typer.Abort])
def test_an_interruption_is_exit_code_130(
    cli: Any, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    def stop(*words: object, **options: object) -> None:
        raise interruption

    monkeypatch.setattr(command_line, "app", stop)
    ended = cli("list", "codecs")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == ("codecmark: interrupted; what was measured is kept, run the same command again to go on\n")


def test_a_plug_in_that_does_not_load_is_named_in_one_line(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plug_ins: None
) -> None:
    from codecmark.core import registry

    info = tmp_path / "site2" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[codecmark.codecs]\nbroken = broken_plug_in:PLUGIN\n")
    (info.parent / "broken_plug_in.py").write_text("raise RuntimeError('first line\\nsecond line')\n")
    monkeypatch.syspath_prepend(str(info.parent))
    registry.forget()
    listed = cli("list", "codecs")
    assert listed.code == 0
    warning = "plug-in 'broken' in codecs cannot be loaded: RuntimeError: first line second line"
    assert f"warning: {warning}\n" in listed.err
    assert any(line.startswith("opus/12 ") for line in listed.out.splitlines())
    named = cli("run", "quick", "--codecs", "broken", "--offline")
    assert (named.code, named.err) == (2, f"codecmark: {warning}\n")
    assert f"{'broken':<26} {warning}\n" in cli("doctor").out


def test_it_is_a_module_too(tmp_path: Path) -> None:
    """In a folder that has files named like modules of Python, as people's folders do."""
    for name in ("queue", "types", "typing", "numpy", "select"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    code = "import codecmark; print(codecmark.score('a.wav', 'a.wav', 'stoi')['stoi'].value)"
    starter = Path(command_line.__file__).parents[1] / "datasets" / "starter_clips" / "slt-01.flac"
    (tmp_path / "a.wav").symlink_to(starter)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout) == pytest.approx(1.0)
