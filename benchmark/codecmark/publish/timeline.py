"""The survey's Fig.01 as a figure: codecs above the band of time, language models below it."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from codecmark.publish.facts import TimelineFacts
from codecmark.publish.figures import COLOURS, GREY, INK, STYLE

INCHES = (7.0, 3.9)
LOOKS = {"codec": (COLOURS[0], "o", "neural codec"), "lm": (COLOURS[1], "s", "codec-based language model")}
EDGE = 0.075
"""Half the height of the band of time, which has the names of months in it; codecs are tied to its upper edge."""
REACH = 0.38
"""Height of the marks above and below the middle of the band."""
TILT = 60
GAP_MONTHS = 1.5


def draw(facts: TimelineFacts) -> Figure:
    """The figure; the months between `facts.gap` are cut out of the band, which is broken there."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=INCHES)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.01, 0.08, 0.98, 0.91))
        axes.set_axis_off()
        end = max(_place(facts, month) for month in (*facts.marked, *(event.month for event in facts.events))) + 1.8
        axes.set_xlim(-1.5, end + 0.7)
        axes.set_ylim(-1.05, 1.15)
        _band(axes, facts, end)
        _events(axes, facts, "codec", 1)
        _events(axes, facts, "lm", -1)
        handles = [Line2D([], [], color=colour, marker=mark, linestyle="none") for colour, mark, _ in LOOKS.values()]
        names = [name for _, _, name in LOOKS.values()]
        figure.legend(handles, names, loc="lower center", ncols=2, frameon=False, handletextpad=0.2)
    return figure


def _count(month: str) -> int:
    year, _, number = month.partition("-")
    return int(year) * 12 + int(number)


def _place(facts: TimelineFacts, month: str) -> float:
    """Months from the first marked one, without those of the gap."""
    at, first = _count(month), _count(facts.marked[0])
    after, before = _count(facts.gap.after), _count(facts.gap.before)
    return float(at - first) if at <= after else after - first + GAP_MONTHS + at - before


def _band(axes: Axes, facts: TimelineFacts, end: float) -> None:
    middle = _place(facts, facts.gap.after) + GAP_MONTHS / 2
    for edge in (EDGE, -EDGE):
        for start, stop in ((-1.2, middle - 0.2), (middle + 0.2, end)):
            axes.plot([start, stop], [edge, edge], color=INK, zorder=2)
        axes.plot(
            [_place(facts, month) for month in facts.marked], [edge] * len(facts.marked), "o", color=INK, zorder=4
        )
    for shift in (-0.2, 0.2):
        axes.plot([middle + shift - 0.25, middle + shift + 0.25], [-EDGE - 0.03, EDGE + 0.03], color=INK)
    axes.plot([end, end + 0.5, end], [EDGE, 0, -EDGE], color=INK)
    for month in facts.marked:
        axes.text(_place(facts, month), -0.005, month.replace("-", "."), ha="center", va="center")


def _events(axes: Axes, facts: TimelineFacts, kind: str, side: int) -> None:
    """The marks of one kind, tied to their months by curves; half way to standing evenly, so that names have room."""
    colour, mark, _ = LOOKS[kind]
    events = [event for event in facts.events if event.kind == kind]
    months = np.array([_place(facts, event.month) for event in events])
    evenly = np.linspace(months[0] - 2, months[-1] + 2, len(events))
    edge, height = side * EDGE, side * REACH
    for event, month, x in zip(events, months, (months + evenly) / 2, strict=True):
        bend = [(month, edge), (month, height * 0.75), (x, height * 0.45), (x, height)]
        curve = Path(bend, [Path.MOVETO, *[Path.CURVE4] * 3])
        axes.add_patch(PathPatch(curve, facecolor="none", edgecolor=GREY, linewidth=0.7))
        axes.plot([month], [edge], "o", color=GREY, markersize=3.5, zorder=3)
        axes.plot([x], [height], mark, color=colour, zorder=3)
        axes.annotate(
            f"{event.name} [{event.ref}]",
            (x, height),
            (1, 5 * side),
            textcoords="offset points",
            rotation=TILT * side,
            rotation_mode="anchor",
            va="center",
        )
