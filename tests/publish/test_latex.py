"""LaTeX: every text is escaped, and pdflatex sets the table."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codecmark.core.scores import NotApplicable
from codecmark.publish.latex import as_latex, escaped

HOSTILE = r"\input{/etc/passwd} $x_1^2$ 100% of #1 & more ~ {a} <b> |c| [d] *e* `f` \"g\" é ∞ 語 ħ ￼" + "\x07\n\\\\"


def test_escapes() -> None:
    assert escaped(r"a_b & 5% \end") == r"a\_b \& 5\% \textbackslash{}end"
    assert escaped("PESQ ↑ 語 é ﬁ") == r"PESQ $\uparrow$ {[}U+8A9E{]} é fi"


def test_the_table_is_between_booktabs_rules_with_the_best_in_bold(curve: Any) -> None:
    text = as_latex(curve.table())
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(rule) == 1
    assert r"opus 12 & 12 & 12.00 & \textbf{0.01} & \textbf{3.00} & \textbf{2.00} \\" in text


def test_minus_is_a_minus(run: Any) -> None:
    a, m = run.setting("x"), run.metric("si_sdr")
    run.answers(a, m, -30.0, -30.0, -30.0, -30.0)
    assert "& $-$30.00 " in as_latex(run.table())


def test_pdflatex_sets_a_table_full_of_hostile_text(run: Any, tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is absent (Debian: texlive-latex-recommended)")
    if subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True).returncode:
        pytest.skip("the LaTeX package booktabs is absent (Debian: texlive-latex-recommended)")
    run.title, run.synthetic = HOSTILE, True
    metric = run.metric("m", title=HOSTILE, unit=HOSTILE)
    for model, title in (("a", HOSTILE), ("b", "[starts like an option]"), ("c", "*star")):
        run.answers(run.setting(model, title=title), metric, 1.0, 1.0, 1.0, NotApplicable("identical"))
    (tmp_path / "table.tex").write_text(as_latex(run.table()), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(
        r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}\input{table}\end{document}"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=60)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "paper.pdf").stat().st_size > 1000
