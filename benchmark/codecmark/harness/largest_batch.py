"""The largest batch that fits: found by doubling, and by backing off where memory runs out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import psutil

from codecmark.core.errors import ClipError
from codecmark.core.items import Timing
from codecmark.core.settings import Card
from codecmark.harness import memory
from codecmark.harness.stopwatch import Timer

ALONE = "the model takes one clip at a time"


@dataclass(slots=True)
class _Found:
    """The largest batch so far, what one run of it took, and why a larger one is not tried."""

    glance: Timing
    limit: str = ""


def time_largest(timer: Timer, card: Card, one: Timing) -> Timing:
    """Times the largest batch of copies that fits, with what kept a larger one out as its `limit`.

    `one` is the timing of a batch of one, which is given back where no more than that fits.
    """
    if card.batching == "single":
        return replace(one, limit=ALONE)
    found = _search(timer, timer.plan.largest_batch(timer.device, card.kind), one)
    while (size := found.glance.batch) > 1:
        timed = _try(timer, size, found, glance=False)
        if timed is not None:
            return replace(timed, limit=found.limit)
        found.glance = replace(found.glance, batch=size // 2)
    return replace(one, limit=found.limit)


def _search(timer: Timer, most: int, one: Timing) -> _Found:
    found = _Found(one)
    while (size := 2 * found.glance.batch) <= most:
        if (limit := _not_worth_trying(timer, found.glance, one)) is not None:
            found.limit = limit
            return found
        larger = _try(timer, size, found, glance=True)
        if larger is None:
            return found
        found.glance = larger
    found.limit = f"no more than {most} were to be tried"
    return found


def _try(timer: Timer, size: int, found: _Found, glance: bool) -> Timing | None:
    """A timing of so many; None where they do not fit, and then that is the limit."""
    memory.give_back()
    try:
        return timer.glance(size) if glance else timer.time(size)
    except (MemoryError, RuntimeError, ClipError) as error:  # torch's errors are RuntimeErrors, whatever the cause
        what = "out of memory" if memory.ran_out(error) else f"{type(error).__name__}: {' '.join(str(error).split())}"
        found.limit = f"{what[:200]} at {size}"
        return None


def _not_worth_trying(timer: Timer, last: Timing, one: Timing) -> str | None:
    """Why twice the last batch is not tried: it would take too long; or, where too much memory ends the process without
    a word, there is too little."""
    seconds = max(last.encode_seconds, default=0.0) + max(last.decode_seconds, default=0.0)
    if seconds > timer.plan.max_seconds:
        return f"a run of {last.batch} took {seconds:.0f} s"
    if timer.device == "cpu" and last.peak_bytes and one.peak_bytes:
        grown = max(last.peak_bytes - one.peak_bytes, 0)
        if 2 * grown > psutil.virtual_memory().available:
            return f"{last.batch} took {grown / 1e9:.1f} GB of memory, and twice as much is not there"
    return None
