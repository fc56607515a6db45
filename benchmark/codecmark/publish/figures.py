"""Quality over bit rate as a figure: a panel per metric, a line per codec, the anchors as dashed lines.

Drawn without pyplot, which would keep every figure alive. The same table gives the same bytes.
"""

from __future__ import annotations

import io
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from codecmark.publish.labels import Place, place_labels
from codecmark.results.tables import Column, Row, Table

INK = "#24292f"
GREY = "#6e7781"
COLOURS = ("#0077bb", "#ee7733", "#009988", "#cc3311", "#aa44aa", "#ee3377", "#998800", "#2299cc")
"""The 'vibrant' scheme of Paul Tol (2021), made for colour-blind readers, and two more that show on black and white."""
MARKERS = "osD^vPX<>"
PANELS_ABREAST = 2
PANEL_INCHES = (3.5, 2.35)
LABEL_POINTS = 7
LEGEND_POINTS = 7.5
LEGEND_LINE_INCHES = 0.17
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GREY,
    "grid.alpha": 0.25,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "codecmark",
    "legend.fontsize": LEGEND_POINTS,
    "savefig.dpi": 200,
}


@dataclass(frozen=True, slots=True)
class Family:
    """The settings of one network or format, in order of bit rate, and how they are drawn."""

    title: str
    rows: tuple[Row, ...]
    colour: str
    marker: str


def rate_quality(table: Table) -> Figure | None:
    """A panel for each metric of quality that has a direction; None where nothing can be drawn."""
    columns = [column for column in table.columns if column.quality and column.higher_is_better is not None]
    families = _families(table)
    anchors = [row for row in table.rows if row.setting["card"]["kind"] == "anchor"]
    columns = [column for column in columns if any(_points(family, column) for family in families)]
    if not columns:
        return None
    with matplotlib.rc_context(STYLE):
        abreast = min(PANELS_ABREAST, len(columns))
        down = math.ceil(len(columns) / abreast)
        legend = _legend(families, anchors, PANEL_INCHES[0] * abreast)
        size = (PANEL_INCHES[0] * abreast, PANEL_INCHES[1] * down + LEGEND_LINE_INCHES * (legend.lines + 2))
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        panels = [figure.add_subplot(down, abreast, i + 1) for i in range(len(columns))]
        for axes, column in zip(panels, columns, strict=True):
            _draw(axes, column, families, anchors)
        figure.legend(legend.handles, legend.labels, loc="outside lower center", ncols=legend.abreast, frameon=False)
        if table.synthetic:
            figure.suptitle("synthetic material", x=0.99, ha="right", fontsize=LEGEND_POINTS, color=GREY)
        figure.draw_without_rendering()  # only now is it known how large the panels are
        figure.set_layout_engine("none")
        for axes, column in zip(panels, columns, strict=True):
            place_labels(axes, *_names(column, families, anchors), LABEL_POINTS)
    return figure


def _families(table: Table) -> list[Family]:
    """Settings of one model are one line, unless they differ in sample rate: then they are different networks."""
    found: dict[tuple[str, int], list[Row]] = {}
    for row in table.rows:
        if row.ranked and math.isfinite(row.kbps):
            found.setdefault((row.setting["model"], row.setting["sample_rate"] or 0), []).append(row)
    models = [model for model, _ in found]
    families = []
    for i, ((model, rate), rows) in enumerate(sorted(found.items())):
        title = rows[0].setting["card"]["title"]
        title = f"{title} {rate / 1000:g} kHz" if models.count(model) > 1 else title
        families.append(Family(title, tuple(rows), COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]))
    return families


def _points(family: Family, column: Column) -> list[tuple[Row, float, float]]:
    values = [(row, row.kbps, row.cells[column.name].value) for row in family.rows]
    return [(row, x, y) for row, x, y in values if y is not None]


def _draw(axes: Axes, column: Column, families: Sequence[Family], anchors: Sequence[Row]) -> None:
    axes.set_xscale("log")
    for family in families:
        points = _points(family, column)
        axes.plot([x for _, x, _ in points], [y for _, _, y in points], color=family.colour, alpha=0.8)
        for row, x, y in points:
            cell = row.cells[column.name]
            face = family.colour if cell.n_ok == cell.n else "none"
            axes.plot([x], [y], family.marker, color=family.colour, markerfacecolor=face)
    for row in anchors:
        value = row.cells[column.name].value
        if value is not None:
            axes.axhline(value, color=GREY, linestyle=(0, (4, 3)), linewidth=0.9, zorder=1)
    axes.margins(0.08, 0.1)
    _ticks(axes)
    axes.grid(visible=True)
    axes.set_xlabel("bit rate [kbps], log scale")
    axes.set_ylabel(_text(column.heading))


def _ticks(axes: Axes) -> None:
    low, high = axes.get_xlim()
    octaves = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    ticks = [2.0**octave for octave in octaves if low <= 2.0**octave <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))


@dataclass(frozen=True, slots=True)
class Legend:
    """The codecs and their marks, in so many columns."""

    handles: tuple[Artist, ...]
    labels: tuple[str, ...]
    abreast: int

    @property
    def lines(self) -> int:
        return math.ceil(len(self.labels) / self.abreast)


def _legend(families: Sequence[Family], anchors: Sequence[Row], inches: float) -> Legend:
    handles = [Line2D([], [], color=family.colour, marker=family.marker) for family in families]
    labels = [_text(family.title) for family in families]
    if anchors:
        handles.append(Line2D([], [], color=GREY, linestyle=(0, (4, 3)), linewidth=0.9))
        labels.append("anchor")
    widest = 0.6 + max(len(label) for label in labels) * 0.6 * LEGEND_POINTS / 72
    return Legend(tuple(handles), tuple(labels), max(int(inches / widest), 1))


def _names(column: Column, families: Sequence[Family], anchors: Sequence[Row]) -> tuple[list[Place], list[Place]]:
    """What is to be written beside points, and what at dashed lines."""
    points = [
        Place(_text(row.setting["survey_id"] or row.setting["name"]), x, y, family.colour)
        for family in families
        for row, x, y in _points(family, column)
        if len(family.rows) > 1
    ]
    points += [
        Place(_text(family.title), x, y, family.colour)
        for family in families
        for _, x, y in _points(family, column)
        if len(family.rows) == 1
    ]
    values = [(row.setting["title"], row.cells[column.name].value) for row in anchors]
    return points, [Place(_text(title), 0.0, value, GREY) for title, value in values if value is not None]


def _text(text: str) -> str:
    """Text as it is: a dollar sign would begin a formula."""
    return " ".join(text.split()).replace("$", r"\$")


def svg(figure: Figure) -> str:
    """The figure as SVG 1.1 with its letters as outlines; no date, no program name in it."""
    out = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return out.getvalue()


def png(figure: Figure) -> bytes:
    """The figure as PNG at 200 dots per inch."""
    out = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_OF_THE_PAGE = {INK: "currentColor", "#ffffff": "none"}


def inline(figure: Figure, prefix: str, title: str) -> str:
    """The figure as an `<svg>` element that lives in a page: it takes the page's text colour and background.

    Styles become attributes, which a strict content policy admits, and ids get a prefix, since a page has many figures.
    """
    text = svg(figure)
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', text))
    root = ET.fromstring(text)
    for element in list(root.iter()):
        for child in [child for child in element if child.tag == f"{_SVG}style"]:
            element.remove(child)
        _settle(element, prefix, used)
    for name in ("width", "height"):
        del root.attrib[name]
    root.attrib.update({"role": "img", "aria-label": title})
    return ET.tostring(root, encoding="unicode")


def _settle(element: ET.Element, prefix: str, used: set[str]) -> None:
    element.tag = element.tag.removeprefix(_SVG)
    for declaration in element.attrib.pop("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if name.strip():
            element.set(name.strip(), _OF_THE_PAGE.get(value.strip(), value.strip()))
    name = element.attrib.pop("id", "")
    if name in used:
        element.set("id", f"{prefix}-{name}")
    if _HREF in element.attrib:
        element.set("href", element.attrib.pop(_HREF).replace("#", f"#{prefix}-"))
    if "clip-path" in element.attrib:
        element.set("clip-path", element.attrib["clip-path"].replace("#", f"#{prefix}-"))
