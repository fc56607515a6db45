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
from typing import Any, Literal

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from codecmark.publish import curves
from codecmark.publish.curves import Curve
from codecmark.publish.labels import Place, place_labels
from codecmark.results.tables import Column, Table

INK = "#24292f"
GREY = "#6e7781"
COLOURS = ("#0077bb", "#ee7733", "#009988", "#cc3311", "#aa44aa", "#ee3377", "#998800", "#2299cc")
"""The 'vibrant' scheme of Paul Tol (2021), made for colour-blind readers, and two more that show on black and white."""
MARKERS = "osD^vPX<>"
PANELS_ABREAST = 2
PANEL_INCHES = (3.5, 2.35)
MOST_TICKS = 8
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


def rate_quality(table: Table) -> Figure | None:
    """A panel for each metric of quality that has a direction; None where nothing can be drawn."""
    lines = curves.curves(table)
    columns = [column for column in curves.columns(table) if any(line.points(column) for line in lines)]
    if not columns:
        return None
    levels = [curves.levels(table, column) for column in columns]
    with matplotlib.rc_context(STYLE):
        abreast = min(PANELS_ABREAST, len(columns))
        down = math.ceil(len(columns) / abreast)
        legend = _legend(lines, any(levels), PANEL_INCHES[0] * abreast)
        size = (PANEL_INCHES[0] * abreast, PANEL_INCHES[1] * down + LEGEND_LINE_INCHES * (legend.lines + 2))
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        panels = [figure.add_subplot(down, abreast, i + 1) for i in range(len(columns))]
        for axes, column, level in zip(panels, columns, levels, strict=True):
            _draw(axes, column, lines, level)
        figure.legend(legend.handles, legend.labels, loc="outside lower center", ncols=legend.abreast, frameon=False)
        if table.synthetic:
            figure.suptitle("synthetic material", x=0.99, ha="right", fontsize=LEGEND_POINTS, color=GREY)
        figure.draw_without_rendering()  # only now is it known how large the panels are
        figure.set_layout_engine("none")
        for axes, column, level in zip(panels, columns, levels, strict=True):
            place_labels(axes, _names(column, lines), _level_names(level), LABEL_POINTS)
    return figure


def _colour(line: Curve) -> str:
    return COLOURS[line.number % len(COLOURS)]


def _marker(line: Curve) -> str:
    return MARKERS[line.number % len(MARKERS)]


def _stroke(line: Curve) -> Literal["-", ":"]:
    return ":" if line.rows[0].apart else "-"


def _draw(axes: Axes, column: Column, lines: Sequence[Curve], levels: Sequence[tuple[str, float]]) -> None:
    axes.set_xscale("log")
    for line in lines:
        points, colour = line.points(column), _colour(line)
        axes.plot([x for _, x, _ in points], [y for _, _, y in points], _stroke(line), color=colour, alpha=0.8)
        for row, x, y in points:
            cell = row.cells[column.name]
            face = colour if cell.n_ok == cell.n else "none"
            axes.plot([x], [y], _marker(line), color=colour, markerfacecolor=face)
    for _, value in levels:
        axes.axhline(value, color=GREY, linestyle=(0, (4, 3)), linewidth=0.9, zorder=1)
    axes.margins(0.08, 0.1)
    _ticks(axes)
    axes.grid(visible=True)
    axes.set_xlabel("bit rate [kbps], log scale")
    axes.set_ylabel(_text(column.heading))


def _ticks(axes: Axes) -> None:
    low, high = axes.get_xlim()
    octaves = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
    step = 1 if len(octaves) <= MOST_TICKS else 2
    ticks = [2.0**octave for octave in octaves if octave % step == 0]
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


def _legend(lines: Sequence[Curve], anchors: bool, inches: float) -> Legend:
    handles = [Line2D([], [], color=_colour(line), marker=_marker(line), linestyle=_stroke(line)) for line in lines]
    labels = [_text(line.title) for line in lines]
    if anchors:
        handles.append(Line2D([], [], color=GREY, linestyle=(0, (4, 3)), linewidth=0.9))
        labels.append("anchor")
    widest = 0.6 + max(len(label) for label in labels) * 0.6 * LEGEND_POINTS / 72
    return Legend(tuple(handles), tuple(labels), max(int(inches / widest), 1))


def _names(column: Column, lines: Sequence[Curve]) -> list[Place]:
    """What is to be written beside points: the setting's name, or the codec's where it has no other setting."""
    points = [(line, *point) for line in sorted(lines, key=_is_alone) for point in line.points(column)]
    return [
        Place(_text(line.title if _is_alone(line) else line.short(row)), x, y, _colour(line))
        for line, row, x, y in points
    ]


def _is_alone(line: Curve) -> bool:
    return len(line.rows) == 1


def _level_names(levels: Sequence[tuple[str, float]]) -> list[Place]:
    return [Place(_text(title), 0.0, value, GREY) for title, value in levels]


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
