"""Quality over bit rate for the page: a panel per metric, laid out here and drawn by templates/plot.html as SVG.

Unlike the figures of a report they take their colours and letters from the page, and every point leads to its setting.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codecmark.publish.plot_labels import Box, Drawn, Label, Named, Spot, place
from codecmark.results.tables import Column, Row, Table

WIDTH, HEIGHT = 460, 330
LEFT, RIGHT, TOP, BOTTOM = 46, 448, 12, 286
COLOURS, SHAPES = 8, ("circle", "square", "diamond", "down", "up", "cross")
RADIUS = 4.5
REACH = 0.3
"""How far beyond the range of the points, in parts of it, an anchor is still drawn."""
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Series:
    """The settings of one network or format, in order of bit rate, and how they are drawn."""

    title: str
    family: str
    rows: tuple[Row, ...]
    colour: int
    shape: str


@dataclass(frozen=True, slots=True)
class Point:
    """A setting in a panel: `whole` where every clip was scored, `front` where no other is as good for less."""

    row: Row
    x: float
    y: float
    text: str
    whole: bool
    front: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of settings, or of an anchor: `path` is SVG's."""

    series: Series
    path: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric over bit rate. `front` is the path of the Pareto front, a staircase."""

    column: Column
    lines: tuple[Line, ...]
    front: str
    anchors: tuple[Tick, ...]
    labels: tuple[Label, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def panels(table: Table) -> list[Panel]:
    """A panel for each metric of quality that has a direction and at least one point."""
    columns = [column for column in table.columns if column.quality and column.higher_is_better is not None]
    found = series(table)
    return [_panel(table, found, column) for column in columns if any(_scored(found, column))]


def series(table: Table) -> list[Series]:
    """Settings of one model are one line, unless they differ in sample rate: then they are different networks."""
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in table.rows:
        if row.ranked and math.isfinite(row.kbps) and row.kbps > 0:
            groups.setdefault((row.setting["model"], row.setting["sample_rate"] or 0), []).append(row)
    models = [model for model, _ in groups]
    found = []
    for i, ((model, rate), rows) in enumerate(sorted(groups.items())):
        card = rows[0].setting["card"]
        title = f"{card['title']} {rate / 1000:g} kHz" if models.count(model) > 1 else card["title"]
        shape = SHAPES[i % len(SHAPES)]
        found.append(Series(title, card["family"], tuple(rows), i % COLOURS, shape))
    return found


def front(points: Iterable[tuple[float, float]], higher_is_better: bool) -> list[tuple[float, float]]:
    """The Pareto front: of (bit rate, score) those that no other beats at the same or a lower bit rate."""
    sign = 1 if higher_is_better else -1
    best, found = -math.inf, []
    for x, y in sorted(points, key=lambda point: (point[0], -sign * point[1])):
        if sign * y > best:
            best = sign * y
            found.append((x, y))
    return found


def _scored(found: Sequence[Series], column: Column) -> list[tuple[Row, float, float]]:
    rows = [row for one in found for row in one.rows]
    values = [(row, row.kbps, row.cells[column.name].value) for row in rows]
    return [(row, x, y) for row, x, y in values if y is not None]


@dataclass(frozen=True, slots=True)
class _Scales:
    """From bit rate, on a logarithmic scale, and score to places in the panel."""

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, kbps: float) -> float:
        low, high = map(math.log, self.x)
        return round(LEFT + (RIGHT - LEFT) * (math.log(kbps) - low) / (high - low), 1)

    def down(self, score: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (score - self.y[0]) / (self.y[1] - self.y[0]), 1)


def _panel(table: Table, found: Sequence[Series], column: Column) -> Panel:
    scored = _scored(found, column)
    anchors = [row for row in table.rows if row.setting["card"]["kind"] == "anchor"]
    levels = [(row.setting["title"], row.cells[column.name].value) for row in anchors]
    scales, kept = _scales(scored, [(title, value) for title, value in levels if value is not None])
    complete = [(x, y) for row, x, y in scored if row.cells[column.name].n_ok == row.cells[column.name].n]
    best = front(complete, bool(column.higher_is_better))
    lines = tuple(line for one in found if (line := _line(one, column, scales, best)).points)
    corners = [(scales.across(x), scales.down(y)) for x, y in best]
    ticks = tuple(Tick(scales.down(value), title) for title, value in kept)
    return Panel(
        column=column,
        lines=lines,
        front=_staircase(corners),
        anchors=ticks,
        labels=_labels(lines, ticks, _steps(corners)),
        x_ticks=tuple(Tick(scales.across(kbps), f"{kbps:g}") for kbps in _octaves(scales.x)),
        y_ticks=tuple(Tick(scales.down(value), text) for value, text in _round_values(scales.y)),
    )


def _scales(
    scored: Sequence[tuple[Row, float, float]], levels: Sequence[tuple[str, float]]
) -> tuple[_Scales, list[tuple[str, float]]]:
    """The scales, and the anchors that are near enough to the points to be drawn."""
    kbps, scores = [x for _, x, _ in scored], [y for _, _, y in scored]
    span = (max(scores) - min(scores)) or abs(max(scores)) or 1.0
    kept = [one for one in levels if min(scores) - REACH * span <= one[1] <= max(scores) + REACH * span]
    ends = [*scores, *(value for _, value in kept)]
    margin = 0.08 * ((max(ends) - min(ends)) or span)
    return _Scales((min(kbps) / 1.35, max(kbps) * 1.35), (min(ends) - margin, max(ends) + margin)), kept


def _line(one: Series, column: Column, scales: _Scales, best: Sequence[tuple[float, float]]) -> Line:
    points = []
    for row, x, y in _scored([one], column):
        cell = row.cells[column.name]
        text = f"{row.setting['title']}: {x:.4g} kbps, {column.title} {cell.text(column.decimals)}"
        whole = cell.n_ok == cell.n
        points.append(Point(row, scales.across(x), scales.down(y), text, whole, whole and (x, y) in best))
    path = "M" + "L".join(f"{point.x:g},{point.y:g}" for point in points)
    return Line(one, path, tuple(points))


def _staircase(places: Sequence[tuple[float, float]]) -> str:
    if not places:
        return ""
    steps = "".join(f"H{x:g}V{y:g}" for x, y in places[1:])
    return f"M{places[0][0]:g},{places[0][1]:g}{steps}H{RIGHT}"


def _steps(corners: Sequence[Spot]) -> list[tuple[Spot, Spot]]:
    """The staircase of a front as lines."""
    found: list[tuple[Spot, Spot]] = []
    for (left, y), (right, next_y) in itertools.pairwise(corners):
        found += [((left, y), (right, y)), ((right, y), (right, next_y))]
    return found


def _labels(lines: Sequence[Line], anchors: Sequence[Tick], steps: Sequence[tuple[Spot, Spot]]) -> tuple[Label, ...]:
    room = Box(LEFT, TOP, RIGHT, BOTTOM)
    points = [(line.series.colour, point) for line in lines for point in line.points]
    points.sort(key=lambda one: not one[1].front)
    named = [
        Named(point.row.id, colour, str(point.row.setting["title"]), _short(point.row), point.x, point.y)
        for colour, point in points
    ]
    lines_drawn = [((a.x, a.y), (b.x, b.y)) for line in lines for a, b in itertools.pairwise(line.points)]
    levels = [(tick.text, tick.at) for tick in anchors]
    return place(Drawn(room, RADIUS, levels, [*lines_drawn, *steps]), named)


def _short(row: Row) -> str:
    return str(row.setting["survey_id"] or row.setting["name"])


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
