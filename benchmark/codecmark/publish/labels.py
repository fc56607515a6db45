"""Names beside the points and lines of a plot, where there is room: no name covers a point or another name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

Spot = tuple[float, float, str, str]
"""Offset from the point in points of type (x, y), and what of the text lies there (horizontal, vertical)."""

BESIDE_POINT: tuple[Spot, ...] = (
    (0, 4, "center", "bottom"),
    (0, -4, "center", "top"),
    (5, 0, "left", "center"),
    (-5, 0, "right", "center"),
    (4, 3, "left", "bottom"),
    (4, -3, "left", "top"),
    (-4, 3, "right", "bottom"),
    (-4, -3, "right", "top"),
    (0, 10, "center", "bottom"),
    (0, -10, "center", "top"),
)
AT_LINE: tuple[tuple[float, Spot], ...] = tuple(
    (along, (0, up, side, vertical))
    for along, side in ((1.0, "right"), (0.0, "left"), (0.5, "center"), (0.75, "center"), (0.25, "center"))
    for up, vertical in ((1.5, "bottom"), (-1.5, "top"))
)
STEP = 2.0
"""Pixels between the points of a line that a name should not cover."""


@dataclass(frozen=True, slots=True)
class Place:
    """A name for a point (x, y) in data coordinates, or for the horizontal line at y."""

    text: str
    x: float
    y: float
    colour: str


def place_labels(axes: Axes, points: Sequence[Place], lines: Sequence[Place], size: float) -> None:
    """Writes the names of the lines, then of the points, each at its least crowded spot, or not at all.

    The layout of the figure must be final.
    """
    crowd = _Crowd(axes)
    for place in lines:
        spots = [((along, place.y), spot) for along, spot in AT_LINE]
        crowd.put(_label(axes, place, axes.get_yaxis_transform(), size), spots)
    for place in points:
        spots = [((place.x, place.y), spot) for spot in BESIDE_POINT]
        crowd.put(_label(axes, place, axes.transData, size), spots)


def _label(axes: Axes, place: Place, transform: object, size: float) -> Annotation:
    return axes.annotate(
        place.text,
        (place.x, place.y),
        xycoords=transform,  # type: ignore[arg-type]  # matplotlib takes any transform here
        xytext=(0, 0),
        textcoords="offset points",
        fontsize=size,
        color=place.colour,
    )


class _Crowd:
    """What is in a panel already, in pixels."""

    def __init__(self, axes: Axes) -> None:
        self._room: Bbox = axes.bbox.padded(2)
        self._taken: list[Bbox] = []
        drawn = [np.empty((0, 2))]
        for line in axes.get_lines():
            path = line.get_transform().transform_path(line.get_path()).vertices
            path = np.asarray(path, dtype=float)
            if line.get_linestyle() == "None":
                self._taken += [_marker(line, x, y) for x, y in path]
            else:
                drawn.append(_dotted(path))
        self._drawn = np.concatenate(drawn)

    def put(self, label: Annotation, spots: Sequence[tuple[tuple[float, float], Spot]]) -> None:
        """Moves the label to the spot that covers least of the lines; removes it where every spot is taken."""
        best: tuple[int, int] | None = None
        for number, spot in enumerate(spots):
            box = _moved(label, *spot)
            if self._free(box) and (best is None or self._covered(box) < best[0]):
                best = (self._covered(box), number)
        if best is None:
            label.remove()
        else:
            self._taken.append(_moved(label, *spots[best[1]]))

    def _free(self, box: Bbox) -> bool:
        inside = self._room.contains(box.x0, box.y0) and self._room.contains(box.x1, box.y1)
        return inside and not any(box.overlaps(other) for other in self._taken)

    def _covered(self, box: Bbox) -> int:
        (low, high), points = box.get_points(), self._drawn
        return int(((points >= low) & (points <= high)).all(axis=1).sum())


def _moved(label: Annotation, point: tuple[float, float], spot: Spot) -> Bbox:
    x, y, horizontal, vertical = spot
    label.xy = point
    label.xyann = (x, y)
    label.set(ha=horizontal, va=vertical)
    return label.get_window_extent()


def _marker(line: Line2D, x: float, y: float) -> Bbox:
    half = line.get_markersize() / 2 * line.get_figure(root=True).dpi / 72  # type: ignore[union-attr]
    return Bbox([[x - half, y - half], [x + half, y + half]])


def _dotted(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points along a line, a few pixels apart."""
    pieces = [path[-1:]]
    for start, end in itertools.pairwise(path):
        steps = max(int(np.hypot(*(end - start)) / STEP), 1)
        pieces.append(start + (end - start) * np.linspace(0, 1, steps, endpoint=False)[:, None])
    return np.concatenate(pieces)
