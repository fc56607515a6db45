"""Names beside the points of a plot, without a browser: no name covers a point or another name.

The widths of letters are not known here, so that room is taken for wide ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

SIZE = 10.5
"""Height of the letters in units of the drawing."""
WIDE = 0.64
"""Width of a letter, in heights: more than the mean of the widest of the page's fonts."""
GAP = 3.0

Side = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def within(self, other: Box) -> bool:
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


@dataclass(frozen=True, slots=True)
class Label:
    """A text whose baseline begins, has its middle, or ends at (x, y); `of` is the name of its point, if it has one."""

    text: str
    x: float
    y: float
    side: Side
    of: str | None = None

    @property
    def box(self) -> Box:
        width = len(self.text) * SIZE * WIDE
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.side] * width
        return Box(left, self.y - 0.85 * SIZE, left + width, self.y + 0.25 * SIZE)


@dataclass(frozen=True, slots=True)
class Named:
    """A point that wants a label; `short` is taken where there is no room for `text`."""

    of: str
    text: str
    short: str
    x: float
    y: float


def place(room: Box, radius: float, points: Sequence[Named], levels: Sequence[tuple[str, float]]) -> tuple[Label, ...]:
    """Labels for the horizontal lines at `levels`, then for the points: in full, else by the short name, else none."""
    taken = [Box(point.x - radius, point.y - radius, point.x + radius, point.y + radius) for point in points]
    found: list[Label] = []
    for text, y in levels:
        spots = [Label(text, x, up, side) for x, side in _ends(room) for up in (y - GAP, y + GAP + 0.7 * SIZE)]
        _put(spots, room, taken, found)
    waiting = [point for point in points if not _put(_around(point, point.text), room, taken, found)]
    for point in waiting:
        _put(_around(point, point.short), room, taken, found)
    return tuple(found)


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
    return [Label(text, round(x + across, 1), round(y + down, 1), side, point.of) for across, down, side in spots]


def _put(spots: Sequence[Label], room: Box, taken: list[Box], found: list[Label]) -> bool:
    """Takes the first spot that is free."""
    for label in spots:
        if label.box.within(room) and not any(label.box.meets(other) for other in taken):
            taken.append(label.box)
            found.append(label)
            return True
    return False
