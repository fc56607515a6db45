"""Quality over bit rate for the page: a panel per metric, laid out here and drawn by templates/plot.html as SVG.

Unlike the figures of a report they take their colours and letters from the page, and every point leads to its setting.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codecmark.publish import curves
from codecmark.publish.curves import Curve
from codecmark.publish.plot_labels import Box, Drawn, Label, Named, Spot, place
from codecmark.results.tables import Column, Row, Table

COLOURS, SHAPES = 8, ("circle", "square", "diamond", "down", "up", "cross")
RADIUS = 4.5
REACH = 0.3
"""How far beyond the range of the points, in parts of it, an anchor is still drawn."""
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of a panel, and where in it the axes are."""

    width: int
    height: int
    left: int = 46
    top: int = 12

    @property
    def right(self) -> int:
        return self.width - 12

    @property
    def bottom(self) -> int:
        return self.height - 44


SMALL, LARGE = Frame(460, 330), Frame(700, 460)
MANY = 24
"""Points for which a small panel has room."""
LONG = 3
"""Points of a line that need not be named in full, each."""


@dataclass(frozen=True, slots=True)
class Point:
    """A setting in a panel: `whole` where every clip was scored, `front` where no rival is as good for less."""

    row: Row
    x: float
    y: float
    text: str
    whole: bool
    front: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A curve in a panel: `path` is SVG's."""

    curve: Curve
    path: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric over bit rate. `front` is the path of the Pareto front, a staircase."""

    frame: Frame
    column: Column
    lines: tuple[Line, ...]
    front: str
    anchors: tuple[Tick, ...]
    labels: tuple[Label, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def panels(table: Table) -> list[Panel]:
    """A panel for each metric of quality that has a direction and at least one point, all of one size."""
    found = curves.curves(table)
    frame = LARGE if sum(len(curve.rows) for curve in found) > MANY else SMALL
    columns = [column for column in curves.columns(table) if any(curve.points(column) for curve in found)]
    return [_panel(frame, found, column, curves.levels(table, column)) for column in columns]


def colour(curve: Curve) -> int:
    return curve.number % COLOURS


def shape(curve: Curve) -> str:
    return SHAPES[curve.number % len(SHAPES)]


def front(points: Iterable[tuple[float, float]], higher_is_better: bool) -> list[tuple[float, float]]:
    """The Pareto front: of (bit rate, score) those that no other beats at the same or a lower bit rate."""
    sign = 1 if higher_is_better else -1
    best, found = -math.inf, []
    for x, y in sorted(points, key=lambda point: (point[0], -sign * point[1])):
        if sign * y > best:
            best = sign * y
            found.append((x, y))
    return found


@dataclass(frozen=True, slots=True)
class _Scales:
    """From bit rate, on a logarithmic scale, and score to places in the panel."""

    frame: Frame
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, kbps: float) -> float:
        (low, high), frame = map(math.log, self.x), self.frame
        return round(frame.left + (frame.right - frame.left) * (math.log(kbps) - low) / (high - low), 1)

    def down(self, score: float) -> float:
        (low, high), frame = self.y, self.frame
        return round(frame.bottom - (frame.bottom - frame.top) * (score - low) / (high - low), 1)


def _panel(frame: Frame, found: Sequence[Curve], column: Column, levels: Sequence[tuple[str, float]]) -> Panel:
    scored = [point for curve in found for point in curve.points(column)]
    scales, kept = _scales(frame, scored, levels)
    rivals = [(x, y) for row, x, y in scored if row.ranked and _whole(row, column)]
    best = front(rivals, bool(column.higher_is_better))
    lines = tuple(line for one in found if (line := _line(one, column, scales, best)).points)
    corners = [(scales.across(x), scales.down(y)) for x, y in best]
    ticks = tuple(Tick(scales.down(value), title) for title, value in kept)
    return Panel(
        frame=frame,
        column=column,
        lines=lines,
        front=_staircase(corners, frame.right),
        anchors=ticks,
        labels=_labels(frame, lines, ticks, _steps(corners)),
        x_ticks=tuple(Tick(scales.across(kbps), f"{kbps:g}") for kbps in _octaves(scales.x)),
        y_ticks=tuple(Tick(scales.down(value), text) for value, text in _round_values(scales.y)),
    )


def _scales(
    frame: Frame, scored: Sequence[tuple[Row, float, float]], levels: Sequence[tuple[str, float]]
) -> tuple[_Scales, list[tuple[str, float]]]:
    """The scales, and the anchors that are near enough to the points to be drawn."""
    kbps, scores = [x for _, x, _ in scored], [y for _, _, y in scored]
    span = (max(scores) - min(scores)) or abs(max(scores)) or 1.0
    kept = [one for one in levels if min(scores) - REACH * span <= one[1] <= max(scores) + REACH * span]
    ends = [*scores, *(value for _, value in kept)]
    margin = 0.08 * ((max(ends) - min(ends)) or span)
    return _Scales(frame, (min(kbps) / 1.35, max(kbps) * 1.35), (min(ends) - margin, max(ends) + margin)), kept


def _line(one: Curve, column: Column, scales: _Scales, best: Sequence[tuple[float, float]]) -> Line:
    points = []
    for row, x, y in one.points(column):
        text = f"{row.setting['title']}: {x:.4g} kbps, {column.title} {row.cells[column.name].text(column.decimals)}"
        whole = _whole(row, column)
        on_front = whole and row.ranked and (x, y) in best
        points.append(Point(row, scales.across(x), scales.down(y), text, whole, on_front))
    path = "M" + "L".join(f"{point.x:g},{point.y:g}" for point in points)
    return Line(one, path, tuple(points))


def _whole(row: Row, column: Column) -> bool:
    cell = row.cells[column.name]
    return cell.n_ok == cell.n


def _staircase(places: Sequence[tuple[float, float]], end: int) -> str:
    if not places:
        return ""
    steps = "".join(f"H{x:g}V{y:g}" for x, y in places[1:])
    return f"M{places[0][0]:g},{places[0][1]:g}{steps}H{end}"


def _steps(corners: Sequence[Spot]) -> list[tuple[Spot, Spot]]:
    """The staircase of a front as lines."""
    found: list[tuple[Spot, Spot]] = []
    for (left, y), (right, next_y) in itertools.pairwise(corners):
        found += [((left, y), (right, y)), ((right, y), (right, next_y))]
    return found


def _labels(
    frame: Frame, lines: Sequence[Line], anchors: Sequence[Tick], steps: Sequence[tuple[Spot, Spot]]
) -> tuple[Label, ...]:
    """Names first where they matter most: on the front, then at the end of each line."""
    points = [(line, point) for line in lines for point in line.points]
    points.sort(key=lambda one: (not one[1].front, one[1] is not one[0].points[-1]))
    lines_drawn = [((a.x, a.y), (b.x, b.y)) for line in lines for a, b in itertools.pairwise(line.points)]
    levels = [(tick.text, tick.at) for tick in anchors]
    room = Box(frame.left, frame.top, frame.right, frame.bottom)
    return place(Drawn(room, RADIUS, levels, [*lines_drawn, *steps]), [_named(*one) for one in points])


def _named(line: Line, point: Point) -> Named:
    """A long line has its whole name at its end only."""
    whole = len(line.points) < LONG or point is line.points[-1]
    short = line.curve.short(point.row)
    text = str(point.row.setting["title"]) if whole else short
    return Named(point.row.id, colour(line.curve), text, short, point.x, point.y)


def _octaves(ends: tuple[float, float]) -> list[float]:
    octaves = range(math.ceil(math.log2(ends[0])), math.floor(math.log2(ends[1])) + 1)
    return [2.0**octave for octave in octaves]


def _round_values(ends: tuple[float, float]) -> list[tuple[float, str]]:
    """Four to eight round numbers within the range, with as many decimals as they need."""
    raw = (ends[1] - ends[0]) / 6
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(step * unit for step in STEPS if step * unit >= raw)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9) + (round(step / unit, 1) == 2.5))
    first, last = math.ceil(ends[0] / step), math.floor(ends[1] / step)
    return [(number * step, f"{number * step:.{decimals}f}") for number in range(first, last + 1)]
