"""The rate-quality plot: what is in it, that names do not collide, and that it is the same every time."""

from __future__ import annotations

import itertools
import re
import sys
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from matplotlib.text import Annotation

from codecmark.core.scores import Failure
from codecmark.publish import figures
from codecmark.publish.labels import Place, place_labels
from codecmark.results.tables import Table


def drawn(table: Table) -> Any:
    figure = figures.rate_quality(table)
    assert figure is not None
    return figure


def test_a_panel_for_each_metric_of_quality_with_its_direction(curve: Any) -> None:
    curve.metric("lag", higher=None)
    figure = drawn(curve.table())
    assert [axes.get_ylabel() for axes in figure.axes] == ["PESQ ↑", "mel ↓"]
    assert {axes.get_xscale() for axes in figure.axes} == {"log"}
    assert "matplotlib.pyplot" not in sys.modules


def test_a_line_through_the_settings_of_a_codec_and_a_dashed_one_for_an_anchor(curve: Any) -> None:
    lines = drawn(curve.table()).axes[0].get_lines()
    curves = [line.get_xydata().tolist() for line in lines if line.get_linestyle() == "-"]
    assert sorted(curves) == [[[3.0, 2.5]], [[6.0, 2.0], [12.0, 3.0]]]
    assert [line.get_ydata()[0] for line in lines if line.get_linestyle() == "--"] == [4.5]


def test_sample_rates_of_one_codec_are_not_joined(run: Any) -> None:
    pesq = run.metric("pesq")
    for rate in (24000, 48000):
        run.answers(run.setting("net", str(rate), sample_rate=rate), pesq, 1.0, 1.0, 1.0, 1.0)
    figure = drawn(run.table())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["net 24 kHz", "net 48 kHz"]


def test_an_incomplete_point_is_hollow(curve: Any) -> None:
    curve.answer("opus/6", "pesq", "a", Failure("score", "crash", "died"), attempt=2)
    markers = [line for line in drawn(curve.table()).axes[0].get_lines() if line.get_linestyle() == "None"]
    hollow = [line.get_xydata().tolist() for line in markers if line.get_markerfacecolor() == "none"]
    assert [points[0][0] for points in hollow] == [6.0]


def test_random_weights_are_not_drawn(curve: Any) -> None:
    curve.answers(curve.setting("made-up", weights="random"), "pesq", 4.0, 4.0, 4.0, 4.0)
    assert "made-up" not in [text.get_text() for text in drawn(curve.table()).legends[0].get_texts()]


def test_nothing_is_drawn_of_nothing(run: Any) -> None:
    run.setting("x")
    run.metric("pesq")
    assert figures.rate_quality(run.table()) is None


@pytest.mark.parametrize("count", [3, 60])
def test_names_cover_neither_points_nor_each_other(run: Any, count: int) -> None:
    pesq = run.metric("pesq")
    for i in range(count):
        quality = 2 + (i * 7 % 10) / 20
        run.answers(run.setting(f"codec-{i}", kbps=6.0 + i / 8), pesq, *[quality] * 4)
    (axes,) = drawn(run.table()).axes
    names = [child.get_window_extent() for child in axes.get_children() if isinstance(child, Annotation)]
    points = axes.transData.transform([line.get_xydata()[0] for line in axes.get_lines()])
    assert len(names) == 3 if count == 3 else 0 < len(names) < count
    assert not any(a.overlaps(b) for a, b in itertools.combinations(names, 2))
    assert not any(name.contains(x, y) for name in names for x, y in points)
    assert all(axes.bbox.padded(3).contains(*corner) for name in names for corner in name.corners())


def test_a_name_with_no_room_is_left_out(curve: Any) -> None:
    axes = drawn(curve.table()).axes[0]
    before = len(axes.texts)
    place_labels(axes, [Place("x" * 300, 6, 2, "red")], [], 7)
    assert len(axes.texts) == before


def test_the_same_table_gives_the_same_bytes_without_a_date(curve: Any) -> None:
    one, other = drawn(curve.table()), drawn(curve.table())
    assert figures.svg(one) == figures.svg(other)
    assert figures.png(one) == figures.png(other)
    assert not re.search(r"<dc:date>|Matplotlib v", figures.svg(one))
    assert figures.png(one).startswith(b"\x89PNG")


def test_hostile_names_are_drawn_as_text(run: Any) -> None:
    pesq = run.metric("pesq", title=r"$\bad{$ <script>alert(1)</script> -->")
    for name, kbps in (("1", 3.0), ("$x$", 6.0)):
        setting = run.setting("net", name, card_title=r"_$\frac$ <script>", kbps=kbps)
        run.answers(setting, pesq, kbps, kbps, kbps, kbps)
    text = figures.inline(drawn(run.table()), "p", '"><script>')
    assert "<script" not in text
    ET.fromstring(text)


def test_inline_has_no_styles_and_ids_of_its_own(curve: Any) -> None:
    figure = drawn(curve.table())
    one, other = (ET.fromstring(figures.inline(figure, prefix, "a title")) for prefix in ("p", "q"))
    ids = [{element.get("id") for element in root.iter()} - {None} for root in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    elements = list(one.iter())
    assert not any("style" in element.attrib or element.tag == "style" for element in elements)
    links = [element.attrib["href"] for element in elements if "href" in element.attrib]
    links += [element.attrib["clip-path"][4:-1] for element in elements if "clip-path" in element.attrib]
    assert {link.removeprefix("#") for link in links} == ids[0]
    assert (one.get("role"), one.get("aria-label"), one.get("width")) == ("img", "a title", None)
    assert any(element.get("fill") == "currentColor" for element in elements)
