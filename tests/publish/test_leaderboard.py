"""The page: what is on it, and that it lets nothing in or out; tests/page opens it in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from codecmark.cli.publish import publish
from codecmark.core.errors import StoreError
from codecmark.core.scores import Failure, NotApplicable
from codecmark.publish.leaderboard import publish as write

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


class Tags(HTMLParser):
    """Every start tag of a page with its attributes, and the text of a table's cells by row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.rows: list[list[str]] = []
        self.in_cell = False
        self.feed(page)
        self.rows = [[" ".join(cell.split()) for cell in row] for row in self.rows]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attributes}))
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("th", "td")

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.rows[-1][-1] = f"{self.rows[-1][-1]}{data}"

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


def page(run: Any, tmp_path: Path) -> str:
    path, *_ = write([run.write()], tmp_path / "page")
    return path.read_text(encoding="utf-8")


def test_the_table_is_on_the_page(curve: Any, tmp_path: Path) -> None:
    curve.synthetic = True
    text = page(curve, tmp_path)
    rows = Tags(text).rows
    assert rows[0] == ["", "", "Bit rate", "Quality", "Computing"]
    assert rows[1] == ["Setting", "Nominal kbps", "kbps ↓", "PESQ ↑", "mel ↓", "speed ↓"]
    assert rows[2] == ["toy 3 toy/3", "3", "3.00 4/4", "2.50 4/4", "2.50 4/4", "0.01 4/4"]
    assert rows[5][0] == "identity 256 anchor identity/256"
    assert text.count("<strong>3.00</strong>") == 2  # the bit rate, and the best PESQ
    assert "synthetic material</strong></caption>" in text
    assert "codecmark run toy --out toy-run" in text
    assert "a processor, 2 cores" in text


def test_states_and_parts_are_in_words_and_have_their_reasons(run: Any, tmp_path: Path) -> None:
    a, b = run.setting("a", kbps=3.0), run.setting("b")
    run.metric("si_sdr")
    run.answers(a, "si_sdr", 1.0, 2.0, 3.0, Failure("score", "crash", "the worker died"))
    run.answers(b, "si_sdr", *[NotApplicable("identical")] * 4)
    tags = Tags(page(run, tmp_path))
    assert [row[2] for row in tags.rows[2:4]] == ["2.00 3/4", "∞"]
    cells = [cell for cell in tags.of("td") if "title" in cell]
    assert cells[0]["title"] == "3 of 4 clips; middle half 1.50 to 2.50; 1 failed; score: the worker died"
    assert [cell["data-value"] for cell in cells] == ["2.0", "Infinity"]


def test_several_runs_are_several_sections(curve: Any, tmp_path: Path) -> None:
    first = curve.write()
    curve.folder, curve.status = tmp_path / "other-run", "interrupted"
    second = curve.write()
    app = typer.Typer()
    app.command()(publish)
    result = CliRunner().invoke(app, [str(first), str(second), "--out", str(tmp_path / "page")])
    assert result.stdout.split() == [str(tmp_path / "page" / "index.html")]
    text = (tmp_path / "page" / "index.html").read_text()
    tags = Tags(text)
    assert len([table for table in tags.of("table") if table.get("class") == "comparison"]) == 2
    assert len([svg for svg in tags.of("svg") if svg.get("class") == "panel"]) == 4
    assert "Toy task <small>run toy-run</small>" in text
    assert "Toy task <small>run other-run</small>" in text
    assert text.count("This run is not complete (interrupted)") == 1
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_hostile_names_stay_text(curve: Any, tmp_path: Path) -> None:
    curve.title = HOSTILE
    setting = curve.setting(HOSTILE, HOSTILE, card_title=HOSTILE)
    curve.metric("hostile", title=HOSTILE, unit=HOSTILE, summary=HOSTILE)
    curve.answers(setting, "hostile", *[Failure(HOSTILE, "k", HOSTILE)] * 4)
    pages = write([curve.write()], tmp_path / "page")
    assert len(pages) == 6
    assert {path.parent for path in pages[1:]} == {tmp_path / "page" / "settings"}
    for path in pages:
        tags = Tags(path.read_text(encoding="utf-8"))
        assert len(tags.of("script")) == 1
        assert tags.of("img") == []
        assert not any(name.startswith("on") for _, attributes in tags.found for name in attributes)


def test_the_policy_names_what_is_inside_and_nothing_else(curve: Any, tmp_path: Path) -> None:
    text = page(curve, tmp_path)
    policy = Tags(text).of("meta")[1]["content"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode() in policy
    for _, attributes in Tags(text).found:
        assert "style" not in attributes
        assert attributes.get("src", "data:").startswith("data:")
        assert attributes.get("href", "#").startswith(("#", "data:", "settings/", "https://"))


def test_the_data_can_be_taken_away(curve: Any, tmp_path: Path) -> None:
    links = {link["download"]: link["href"] for link in Tags(page(curve, tmp_path)).of("a") if "download" in link}
    content = {name: base64.b64decode(link.partition("base64,")[2]).decode() for name, link in links.items()}
    assert set(content) == {"toy.csv", "toy.json"}
    assert content["toy.csv"].startswith("id,title,model")
    assert len(json.loads(content["toy.json"])["rows"]) == 4


def test_an_empty_run_says_so(run: Any, tmp_path: Path) -> None:
    run.write()
    (run.folder / "run.json").write_text('{"schema": 1, "tasks": {}, "settings": {}, "metrics": {}, "sessions": []}')
    path, *_ = write([run.folder], tmp_path)
    assert "Nothing has been measured in this run yet." in path.read_text()


def test_a_folder_without_a_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a run folder"):
        write([tmp_path], tmp_path / "page")


def test_publishing_needs_neither_torch_nor_the_harness(curve: Any, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from codecmark.cli.publish import publish\nfrom codecmark.cli.report import report\n"
        "assert not {'pandas', 'jinja2', 'matplotlib'} & set(sys.modules)\n"
        "publish([Path(sys.argv[1])], Path(sys.argv[2])); report(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not {'torch', 'transformers', 'scipy'} & loaded, loaded\n"
        "assert not [name for name in sys.modules if name.startswith('codecmark.harness')]\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    command = [sys.executable, "-c", code, str(curve.write()), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
