"""Names beside the points of a plot, without a browser: no name covers a point or another name.

The widths of letters are not known here, so that room is taken for wide ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

SIZE = 10.5
"""Height of the letters in units of the drawing."""
WIDE = 0.64
"""Width of a letter, in heights: more than the mean of the widest of the page's fonts."""
GAP = 3.0

RELUCTANCE = 0.8
"""Points of a line that a name rather covers than take the next spot, for the earlier ones are easier to read."""
STEP = 3.0
"""Distance of the points of a line that a name should not cover."""

Side = Literal["start", "middle", "end"]
Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, spot: Spot) -> bool:
        return self.left < spot[0] < self.right and self.top < spot[1] < self.bottom

    def within(self, other: Box) -> bool:
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


@dataclass(frozen=True, slots=True)
class Label:
    """A text whose baseline begins, has its middle, or ends at (x, y); `of` is its point, if it has one."""

    text: str
    x: float
    y: float
    side: Side
    of: Named | None = None

    @property
    def box(self) -> Box:
        width = len(self.text) * SIZE * WIDE
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.side] * width
        return Box(left, self.y - 0.85 * SIZE, left + width, self.y + 0.25 * SIZE)


@dataclass(frozen=True, slots=True)
class Named:
    """A point that wants a label; `short` is taken where there is no room for `text`. `colour` is that of its mark."""

    id: str
    colour: int
    text: str
    short: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is in a plot already: marks of a radius, horizontal lines with their names, other lines by their ends."""

    room: Box
    radius: float
    levels: Sequence[tuple[str, float]]
    lines: Sequence[tuple[Spot, Spot]]


def place(drawn: Drawn, points: Sequence[Named]) -> tuple[Label, ...]:
    """Labels for the levels, then for the points where they cover least: in full, else by the short name, else none."""
    room, radius = drawn.room, drawn.radius
    crowd = _Crowd(room, [dot for line in drawn.lines for dot in _dotted(*line)])
    crowd.taken = [Box(point.x - radius, point.y - radius, point.x + radius, point.y + radius) for point in points]
    for text, y in drawn.levels:
        spots = [Label(text, x, up, side) for x, side in _ends(room) for up in (y - GAP, y + GAP + 0.7 * SIZE)]
        crowd.put(spots)
    waiting = [point for point in points if not crowd.put(_around(point, point.text))]
    for point in waiting:
        crowd.put(_around(point, point.short))
    return tuple(crowd.labels)


def _ends(room: Box) -> tuple[tuple[float, Side], ...]:
    return (room.right, "end"), (room.left + GAP, "start"), ((room.left + room.right) / 2, "middle")


def _around(point: Named, text: str) -> list[Label]:
    near, far, half = 7.5, 6.0, 0.3 * SIZE
    spots: tuple[tuple[float, float, Side], ...] = (
        (0, -near, "middle"),
        (0, near + 0.75 * SIZE, "middle"),
        (near, half, "start"),
        (-near, half, "end"),
        (far, -far, "start"),
        (far, far + 0.7 * SIZE, "start"),
        (-far, -far, "end"),
        (-far, far + 0.7 * SIZE, "end"),
    )
    x, y = point.x, point.y
    return [Label(text, round(x + across, 1), round(y + down, 1), side, point) for across, down, side in spots]


class _Crowd:
    """The labels so far, and what they must not or should not cover."""

    def __init__(self, room: Box, dots: Sequence[Spot]) -> None:
        self.labels: list[Label] = []
        self.taken: list[Box] = []
        self._room = room
        self._dots = dots

    def put(self, spots: Sequence[Label]) -> bool:
        """Takes the free spot that covers least of the lines; False where none is free."""
        free = [spot for spot in spots if self._is_free(spot.box)]
        if not free:
            return False
        label = min(free, key=lambda spot: sum(map(spot.box.holds, self._dots)) + RELUCTANCE * spots.index(spot))
        self.taken.append(label.box)
        self.labels.append(label)
        return True

    def _is_free(self, box: Box) -> bool:
        return box.within(self._room) and not any(box.meets(other) for other in self.taken)


def _dotted(start: Spot, end: Spot) -> list[Spot]:
    steps = max(int(math.dist(start, end) / STEP), 1)
    ways = [i / steps for i in range(steps + 1)]
    return [(start[0] + (end[0] - start[0]) * way, start[1] + (end[1] - start[1]) * way) for way in ways]
