"""CSV, JSON and Markdown of a table, and the names of files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from codecmark.core.errors import UsageError
from codecmark.core.scores import Failure, NotApplicable
from codecmark.publish.formats import as_csv, as_json, as_markdown, file_name, nominal, save

CRASH = Failure("score", "crash", "the worker died")


def test_csv_has_raw_values_and_what_they_stand_on(run: Any) -> None:
    a, b = run.setting("good", kbps=None), run.setting('hostile, "quoted"\nname')
    pesq = run.metric("pesq", decimals=1)
    run.answers(a, pesq, 1.0, 2.0, 2.0, 2.0 / 3)
    run.answers(b, pesq, CRASH, CRASH, CRASH, NotApplicable("has no meaning for music"))
    good, hostile = sorted(csv.DictReader(io.StringIO(as_csv(run.table()))), key=lambda row: row["id"])
    assert float(good["pesq"]) == (1 + 2 + 2 + 2 / 3) / 4
    assert (good["pesq_n_ok"], good["pesq_n"], good["pesq_state"], good["nominal_kbps"]) == ("4", "4", "ok", "")
    assert hostile["id"] == 'hostile, "quoted"\nname/1'
    assert (hostile["pesq"], hostile["pesq_n_ok"], hostile["pesq_n"]) == ("", "0", "3")


def test_no_format_ever_says_nan(curve: Any) -> None:
    lag = curve.metric("lag", higher=None)
    curve.answers("opus/6", lag, *[float("nan")] * 4)
    table = curve.table()
    assert "nan" not in as_csv(table) + as_markdown(table, None)
    json.loads(as_json(table, curve.card()), parse_constant=pytest.fail)


def test_json_holds_every_cell_and_the_sessions(curve: Any) -> None:
    content = json.loads(as_json(curve.table(), curve.card()))
    row = next(row for row in content["rows"] if row["setting"]["id"] == "opus/12")
    assert row["ranked"]
    assert row["cells"]["pesq"]["value"] == pytest.approx(3.0)
    assert (row["cells"]["pesq"]["n_ok"], row["cells"]["pesq"]["n"]) == (4, 4)
    assert content["sessions"][0]["command"] == "codecmark run toy --out toy-run"
    assert "clips" not in content["task"]
    assert "card" not in row["setting"]
    assert content["cards"]["opus"]["kind"] == "classical"


def test_markdown_has_the_bit_rates_side_by_side_and_the_best_in_bold(curve: Any) -> None:
    curve.metrics = {name: curve.metrics[name] for name in ("pesq", "kbps", "mel", "speed")}
    lines = as_markdown(curve.table(), "toy.svg").splitlines()
    assert lines[0] == "# Toy task"
    assert "![Quality over bit rate](toy.svg)" in lines
    assert "| setting | nominal kbps | kbps ↓ | PESQ ↑ | mel ↓ | speed ↓ |" in lines
    assert "| opus 12 | 12 | 12.00 | **3.00** | **2.00** | **0.01** |" in lines
    assert "| identity 256 (anchor) | 256 | 256.00 | 4.50 | 0.50 | 0.01 |" in lines


def test_markdown_says_synthetic_and_random(run: Any) -> None:
    run.synthetic = True
    run.setting("net", weights="random")
    run.metric("pesq")
    text = as_markdown(run.table(), None)
    assert "**Synthetic material.** Toy corpus" in text
    assert "| net 1 (random weights) | 6 | missing |" in text


def test_markdown_prints_hostile_names_as_they_are(run: Any) -> None:
    run.setting("x", title="<script>a|b</script> *c* [d](e) `f`\n# g &lt;")
    run.metric("pesq")
    row = next(line for line in as_markdown(run.table(), None).splitlines() if "script" in line)
    assert row.startswith(r"| \<script\>a\|b\</script\> \*c\* \[d\](e) \`f\` \# g \&lt; |")


@pytest.mark.parametrize(
    ("kbps", "text"), [(None, "–"), (6.0, "6"), (12.2, "12.2"), (0.7, "0.7"), (7.751953125, "7.752")]
)
def test_the_nominal_bit_rate_is_short(run: Any, kbps: float | None, text: str) -> None:
    run.setting("x", kbps=kbps)
    assert nominal(run.table().rows[0]) == text


def test_a_file_name_leads_nowhere_else() -> None:
    assert file_name("resynthesis-librispeech") == "resynthesis-librispeech"
    assert "/" not in file_name("../../etc/passwd")
    assert file_name("a b") != file_name("a_b")


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write .*file/x.csv: .*; choose another --out"):
        save(tmp_path / "file" / "x.csv", "")
