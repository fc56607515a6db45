"""The survey's tables in print: Markdown, CSV, LaTeX that pdflatex sets, a page, and the timeline."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from matplotlib.text import Annotation

from codecmark.publish import facts, figures, timeline
from codecmark.publish.runs import load
from codecmark.publish.survey import survey_tables
from codecmark.publish.survey_formats import as_csv, as_markdown
from codecmark.publish.survey_latex import as_latex
from codecmark.publish.survey_page import page
from codecmark.publish.survey_table import SurveyTable


@pytest.fixture
def tables(run: Any) -> dict[str, SurveyTable]:
    """Beside a run that measured E1 on hostile material."""
    run.title = r"\input{x} 100% of $x_1$ & <b> |c| 語"
    metric = run.metric("pesq_wb", title="PESQ_WB")
    run.answers(run.setting("encodec", survey_id="E1"), metric, 1.25, 1.25, 1.25, 1.25)
    return {table.name: table for table in survey_tables(load(run.write()))}


def test_csv_has_a_line_for_each_row_and_a_source_beside_each_published_value(tables: dict[str, SurveyTable]) -> None:
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(as_csv(tables["tab01-codecs"])))}
    assert len(rows) == 19
    assert (rows["E1"]["pesq_wb"], rows["E1"]["pesq_wb_state"]) == ("1.25", "ok")
    assert (rows["E2"]["pesq_wb"], rows["E2"]["pesq_wb_state"]) == ("", "not measured")
    assert rows["E1"]["pesq_speech"] == "1.516"
    assert rows["E1"]["pesq_speech_source"].startswith("Codec-SUPERB")
    assert "hop of 300" in rows["C"]["notes"]
    assert rows["E5"]["training"] == "Common Voice, DAPS, Jamendo, AudioSet, FSD50K"
    models = {row["name"]: row for row in csv.DictReader(io.StringIO(as_csv(tables["tab03-codec-lms"])))}
    assert len(models) == 11
    assert "WER 5.9 %" in models["VALL-E [12]"]["published"]
    assert "VALL-E (arXiv 2301.02111), Table 2 (second-hand)" in models["VALL-E [12]"]["published_source"]


def test_markdown_sets_published_values_apart(tables: dict[str, SurveyTable]) -> None:
    text = as_markdown(tables["tab01-codecs"])
    line = next(line for line in text.splitlines() if line.startswith("| E1 "))
    assert "| 1.25 |" in line
    assert r"*1.516* \[b\]" in line
    lines = as_markdown(tables["tab03-codec-lms"]).splitlines()
    assert r"*WER 5.9 %, SIM (WavLM-TDNN) 0.58* \[g\] (second-hand)" in next(
        one for one in lines if "VALL-E \\[" in one
    )
    for table in tables.values():
        body = [line for line in as_markdown(table).splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in body}) == 1
        assert len(body) == len(table.rows) + 2


def test_latex_spreads_shared_cells_and_says_a_state_once(tables: dict[str, SurveyTable]) -> None:
    lines = as_latex(tables["tab01-codecs"]).splitlines()
    assert next(line for line in lines if line.startswith("B2 ")).split(" & ")[2] == "VCTK"
    assert r"\multicolumn{7}{c}{not measured}" in next(line for line in lines if line.startswith("A "))
    assert r"\textit{1.516}\textsuperscript{b}" in next(line for line in lines if line.startswith("E1 "))


def test_pdflatex_sets_every_table(tables: dict[str, SurveyTable], tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is absent (Debian: texlive-latex-recommended)")
    if subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True).returncode:
        pytest.skip("the LaTeX package booktabs is absent (Debian: texlive-latex-recommended)")
    for name, table in tables.items():
        (tmp_path / f"{name}.tex").write_text(as_latex(table), encoding="utf-8")
    inputs = "".join(rf"\input{{{name}}}" for name in tables)
    packages = r"\usepackage{booktabs}\usepackage{graphicx}\usepackage{amssymb}"
    paper = rf"\documentclass{{article}}{packages}\begin{{document}}{inputs}\end{{document}}"
    (tmp_path / "paper.tex").write_text(paper)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=60)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Float too large" not in done.stdout
    assert "Overfull \\hbox" not in done.stdout


def test_the_page_has_every_row_and_marks_what_is_published(tables: dict[str, SurveyTable]) -> None:
    html = page(list(tables.values()), {})
    for table in tables.values():
        section = html.split(f'<section id="{table.name}"')[1].split("</section>")[0]
        assert section.count("<tr>") == len(table.rows) + 1 + (len(table.groups()) > 1)
    assert re.search(r'<i>1\.516</i>\s*<sup><a href="#tab01-codecs-source-b"', html)
    assert html.count("second-hand</span>") > 50
    assert "<b>" not in html
    assert "<script" not in html
    targets = set(re.findall(r'href="#([^"]+)"', html))
    assert targets <= set(re.findall(r'id="([^"]+)"', html))


def test_the_names_of_the_timeline_do_not_run_into_each_other() -> None:
    about = facts.timeline()
    figure = timeline.draw(about)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    names = [child for child in axes.get_children() if isinstance(child, Annotation)]
    assert {name.get_text() for name in names} == {f"{event.name} [{event.ref}]" for event in about.events}
    for side in (1, -1):
        row = sorted(axes.transData.transform(name.xy)[0] for name in names if name.xy[1] * side > 0)
        height = names[0].get_fontsize() * figure.dpi / 72
        apart = min(right - left for left, right in itertools.pairwise(row)) * math.sin(math.radians(timeline.TILT))
        assert apart > height
    for name in names:
        box, whole = name.get_window_extent(), figure.bbox
        assert whole.x0 <= box.x0 < box.x1 <= whole.x1
        assert whole.y0 <= box.y0 < box.y1 <= whole.y1


def test_the_timeline_is_the_same_each_time() -> None:
    about = facts.timeline()
    assert figures.png(timeline.draw(about)) == figures.png(timeline.draw(about))
    assert "currentColor" in figures.inline(timeline.draw(about), "t", "Timeline")
