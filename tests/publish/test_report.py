"""`codecmark report`: the files of a run for a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from codecmark.cli.report import report
from codecmark.core.errors import StoreError
from codecmark.publish.report import report as write

TABLES = (
    "tab01-codecs",
    "tab01-codec-superb",
    "tab01-papers",
    "tab02-methods",
    "tab03-codec-lms",
    "tab03-papers",
    "timeline",
)
SURVEY = [
    *(f"survey/{name}.{suffix}" for name in TABLES for suffix in ("md", "csv", "tex")),
    "survey/timeline.svg",
    "survey/timeline.png",
    "survey/survey.html",
]


def call(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(report)
    return CliRunner().invoke(app, arguments)


def test_it_writes_every_format_and_prints_the_paths(curve: Any, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    result = call(str(curve.write()), "--out", str(out))
    assert result.exit_code == 0
    names = ["toy.md", "toy.csv", "toy.tex", "toy.svg", "toy.png", "toy.html", *SURVEY]
    assert result.stdout.splitlines() == [str(out / name) for name in names]
    assert all((out / name).stat().st_size > 100 for name in names)
    assert "](toy.svg)" in (out / "toy.md").read_text()


def test_the_same_run_gives_the_same_files(curve: Any, tmp_path: Path) -> None:
    folder = curve.write()
    one, other = write(folder, tmp_path / "one"), write(folder, tmp_path / "other")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_there_is_no_plot_without_bit_rates(run: Any, tmp_path: Path) -> None:
    run.answers(run.setting("lm", kind="lm", kbps=None), run.metric("wer", higher=False), 0.1, 0.1, 0.1, 0.1)
    paths = write(run.write(), tmp_path)
    assert {path.suffix for path in paths if path.parent == tmp_path} == {".md", ".csv", ".tex", ".html"}
    assert "![" not in (tmp_path / "toy.md").read_text()


def test_a_task_with_a_path_for_a_name_stays_in_the_folder(curve: Any, tmp_path: Path) -> None:
    curve.task = "../a b"
    curve.records = []
    paths = write(curve.write(), tmp_path / "out")
    assert {path.parent for path in paths} == {tmp_path / "out", tmp_path / "out" / "survey"}


def test_a_folder_without_a_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a run folder"):
        write(tmp_path, tmp_path / "out")
