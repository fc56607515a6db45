"""The index page in a browser: sorting, filters, plots, cells, downloads, and that it asks nobody for anything."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.page

ORDER = (
    "[...document.querySelectorAll('#t0-0 tbody tr')].filter(row => row.offsetParent)"
    ".map(row => row.querySelector('.id').innerText)"
)
HEADING = "document.querySelector('#t0-0 thead [data-name={}]')"
CELL = (
    "document.querySelector(\"#t0-0 tr[data-key$='{}']\")"
    ".cells[document.querySelector('#t0-0 [data-name={}]').cellIndex].querySelector('button')"
)


def press(view: Any, column: str) -> list[str]:
    view.ask(HEADING.format(column) + ".querySelector('button').click()")
    order: list[str] = view.ask(ORDER)
    return order


def fill(view: Any, **fields: str) -> list[str]:
    for name, value in fields.items():
        view.ask(
            f"(() => {{ const field = document.querySelector('#filters [name={name}]'); field.value = '{value}';"
            "field.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )
    order: list[str] = view.ask(ORDER)
    return order


def test_a_heading_sorts_and_sorts_the_other_way(view: Any, site: Path) -> None:
    view.open((site / "index.html").as_uri())
    assert view.ask(ORDER) == ["toy/3", "opus/6", "opus/12", "toy/12.5", "opus/24", "identity/pcm"]
    best = ["opus/24", "opus/12", "toy/12.5", "toy/3", "opus/6"]
    assert press(view, "pesq_wb") == [*best, "identity/pcm"]  # an anchor stays below whoever competes
    assert view.ask(HEADING.format("pesq_wb") + ".ariaSort") == "descending"
    assert press(view, "pesq_wb") == [*best[::-1], "identity/pcm"]
    assert press(view, "mel_cs")[0] == "opus/24"
    assert view.ask("document.querySelectorAll('th[aria-sort]').length") == 1


def test_sort_filter_and_tab_are_in_the_address(view: Any, site: Path) -> None:
    view.open((site / "index.html").as_uri())
    press(view, "pesq_wb")
    assert fill(view, family="opus") == ["opus/24", "opus/12", "opus/6"]
    view.ask("document.querySelector('#theme').click()")
    address = view.ask("location.href")
    view.open(address)
    assert view.ask(ORDER) == ["opus/24", "opus/12", "opus/6"]
    assert view.ask("document.querySelector('#filters [name=family]').value") == "opus"
    assert view.ask("document.documentElement.dataset.theme") == "dark"
    assert view.ask("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    page = "document.querySelector('#t0-0 tr[data-key$=\"opus/24\"] a').getAttribute('href')"
    assert view.ask(page) == "settings/opus-24.html#theme=dark"
    view.ask("document.querySelector('#tabs a[href=\"#plots\"]').click()")
    view.open(view.ask("location.href"))
    assert view.ask("document.querySelector('#leaderboard').hidden") is True
    assert view.ask("document.querySelector('#plots').hidden") is False
    assert view.said == []


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"family": "toy"}, ["toy/3", "toy/12.5"]),
        ({"rate": "16000"}, ["opus/6", "opus/12", "opus/24"]),
        ({"from": "5", "to": "12"}, ["opus/6", "opus/12"]),
        ({"q": "12"}, ["opus/12", "toy/12.5"]),
        ({"rows": "published"}, []),
    ],
)
def test_filters_leave_what_they_say(view: Any, site: Path, fields: dict[str, str], left: list[str]) -> None:
    view.open((site / "index.html").as_uri())
    published = "[...document.querySelectorAll('#published tbody tr')].filter(r => r.offsetParent).length"
    assert view.ask(published) == 19
    assert fill(view, **fields) == left
    keys = {f"t0-0/{id_}" for id_ in left}
    shown = set(view.ask("[...document.querySelectorAll('.point:not(.off)')].map(p => p.dataset.of)"))
    assert shown == {key for key in keys if "identity" not in key}
    assert view.ask("document.querySelector('#shown').textContent") == f"{len(left) + view.ask(published)} of 25 rows"
    view.ask("document.querySelector('#filters [type=reset]').click()")
    view.until(ORDER + ".length === 6")
    assert view.ask("location.hash") == ""
    fill(view, rows="measured")
    assert view.ask(published) == 0


def test_a_cell_says_what_it_stands_on_and_copies_its_command(view: Any, site: Path) -> None:
    view.open((site / "index.html").as_uri())
    cell = CELL.format("opus/6", "stoi")
    assert view.ask(cell + ".innerText.split(/\\s+/)") == ["0.40", "4/5"]
    view.ask(cell + ".click()")
    strip = view.ask("document.querySelector('#strip').innerText")
    assert "4 of 5 clips" in strip
    assert "1 failed" in strip
    assert "the worker died" in strip
    assert "a processor, 2 cores" in strip
    command = "codecmark run toy --weights-root WEIGHTS --out again --codecs opus/6 --metrics stoi"
    assert view.ask("document.querySelector('#strip-command').textContent") == command
    assert "For WEIGHTS put your own" in strip
    view.ask("document.querySelector('#strip-copy').click()")
    assert view.ask("document.querySelector('#strip-done').textContent") == "Copied"
    view.call("Browser.grantPermissions", permissions=["clipboardReadWrite"])
    assert view.ask("navigator.clipboard.readText()") == command
    assert view.ask(CELL.format("opus/6", "wer") + ".innerText").startswith("unavailable")
    assert view.said == []


def test_cells_are_reached_and_left_by_keys(view: Any, site: Path) -> None:
    view.open((site / "index.html").as_uri())
    assert view.ask("document.querySelectorAll('#t0-0 .cell[tabindex=\"0\"]').length") == 1
    view.ask("document.querySelector('#t0-0 .cell').focus()")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        view.press(key)
    view.until("!document.querySelector('#strip').hidden")
    assert view.ask("document.querySelector('#strip-title').textContent").startswith("Opus 6")
    assert view.ask("document.activeElement.id") == "strip-copy"
    view.press("Escape")
    assert view.ask("document.querySelector('#strip').hidden") is True
    assert view.ask("document.activeElement.className.startsWith('cell')") is True
    view.ask("document.querySelector('#tabs a').focus()")
    view.press("ArrowRight")
    assert view.ask("document.activeElement.hash") == "#plots"
    assert view.ask("document.querySelector('#plots').hidden") is False


def test_plots_have_a_front_and_names_that_cover_nothing(view: Any, site: Path) -> None:
    view.open((site / "index.html").as_uri() + "#tab=plots")
    assert view.ask("[...document.querySelectorAll('figcaption')].map(c => c.firstChild.textContent.trim())") == [
        "PESQ_WB ↑",
        "STOI ↑",
        "MEL_CS ↓",
        "SI_SDR ↑",
    ]
    points = "[...document.querySelectorAll('.panel')].map(p => p.querySelectorAll('.point').length)"
    assert view.ask(points) == [5, 5, 5, 5]
    said = view.ask("[...document.querySelector('.panel').querySelectorAll('.point title')].map(t => t.textContent)")
    front = {text.split(":")[0] for text in said if "Pareto" in text}
    assert front == {"Toy 3", "Opus 12", "Opus 24"}  # 6 kbps is worse than 3, 12.5 worse than 12
    assert view.ask("document.querySelectorAll('.panel')[1].querySelectorAll('.point.partial').length") == 1
    boxes = view.ask(
        "[...document.querySelectorAll('.panel')].map(p => [...p.querySelectorAll('.label')].map(l => {"
        "const b = l.getBoundingClientRect(); return [b.left, b.top + 2, b.right, b.bottom - 2, l.textContent]; }))"
    )
    for one, other in itertools.chain.from_iterable(itertools.combinations(panel, 2) for panel in boxes):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)
    view.ask("document.querySelector('.point').dispatchEvent(new Event('pointerover', {bubbles: true}))")
    assert view.ask("document.querySelectorAll('.point.hot').length") == 4


def test_tables_of_the_survey_are_there(view: Any, site: Path) -> None:
    view.open((site / "index.html").as_uri() + "#tab=survey")
    assert view.ask("document.querySelectorAll('#survey-tab01-codecs tbody tr').length") == 19
    assert view.ask("document.querySelectorAll('#survey-tab03-codec-lms tbody tr').length") == 11
    assert view.ask("!!document.querySelector('#survey-timeline svg').getBoundingClientRect().width")
    view.ask("document.querySelector('#survey sup a').click()")
    assert view.ask("document.querySelector('#survey').hidden") is False


def test_a_measured_cell_of_the_survey_copies_its_command(view: Any, site: Path) -> None:
    view.open((site / "index.html").as_uri() + "#tab=survey")
    cells = "[...document.querySelectorAll('#survey-tab01-codecs .cell')]"
    assert view.ask(f"{cells}.length") % 19 == 0
    view.ask(f"{cells}.find(cell => cell.innerText === '2.50').click()")
    assert view.ask("document.querySelector('#strip-title').textContent") == "E2, PESQ_WB: 2.50"
    assert "5 of 5 clips" in view.ask("document.querySelector('#strip-about').textContent")
    command = "codecmark run toy --weights-root WEIGHTS --out again --metrics pesq_wb --codecs E2"
    assert view.ask("document.querySelector('#strip-command').textContent") == command
    view.ask("document.querySelector('#survey-tab01-codecs .cell').focus()")
    view.press("ArrowDown")  # past a cell that several rows share
    view.press("ArrowDown")
    view.press("Enter")
    view.until("document.querySelector('#strip-title').textContent.startsWith('B2, PESQ_WB: ')")
    assert view.said == []


def test_licences_and_flags_are_seen(view: Any, site: Path) -> None:
    view.open((site / "index.html").as_uri())
    marks = "[...document.querySelectorAll('#t0-0 tr[data-key$=\"toy/3\"] .mark')].map(mark => mark.innerText)"
    assert view.ask(marks) == ["CC-BY-NC-4.0", "configuration assumed"]
    view.ask("document.querySelector('#tabs a[href=\"#about\"]').click()")
    card = "[...document.querySelectorAll('.cards tbody tr')].find(row => row.innerText.startsWith('Toy')).innerText"
    assert "CC-BY-NC-4.0 (code)" in view.ask(card)
    assert "Configuration assumed." in view.ask(card)


def test_downloads_give_the_files(view: Any, site: Path, tmp_path: Path) -> None:
    view.open((site / "index.html").as_uri())
    view.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    for kind in ("csv", "json"):
        view.ask(f"document.querySelector('#leaderboard a[download$=\"{kind}\"]').click()")
        view.until("true")
    for _ in range(200):
        if len(list(tmp_path.glob("toy.*"))) == 2 and not list(tmp_path.glob("*.crdownload")):
            break
        view.until("new Promise(done => setTimeout(() => done(true), 50))")
    assert len((tmp_path / "toy.csv").read_text().splitlines()) == 7
    assert len(json.loads((tmp_path / "toy.json").read_text())["rows"]) == 6


@pytest.mark.parametrize("tab", ["", "plots", "survey", "about"])
@pytest.mark.parametrize(("width", "dark"), [(1400, False), (1400, True), (390, False), (390, True)])
def test_it_is_quiet_fits_and_is_accessible(view: Any, site: Path, axe: str, tab: str, width: int, dark: bool) -> None:
    view.look(width, dark)
    view.open((site / "index.html").as_uri() + (f"#tab={tab}" if tab else ""))
    assert view.ask("document.documentElement.scrollWidth <= innerWidth")
    assert {address.partition(":")[0] for address in view.asked} <= {"file", "data"}
    assert view.said == []
    view.ask(axe + ";0")
    violations = view.ask("axe.run().then(found => found.violations.map(one => one.id + one.nodes[0].html))")
    assert violations == []


def test_without_scripts_everything_stands_there(view: Any, site: Path) -> None:
    view.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        view.open((site / "index.html").as_uri())
        nothing_is_hidden = "[...document.querySelectorAll('main > section')].every(part => part.offsetHeight > 100)"
        assert view.ask(nothing_is_hidden)
        assert view.ask("document.querySelector('#filters').offsetHeight") == 0
    finally:
        view.call("Emulation.setScriptExecutionDisabled", value=False)


def test_its_scripts_are_right(site: Path) -> None:
    """No handler and no style stands in an attribute: the policy would refuse them."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert " onclick=" not in text
        assert ' style="' not in text
        assert not re.search(r"<(script|img|audio|link)[^>]* (src|href)=.https?:", text)
