"""Speed and memory, from the timing pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codecmark.core.items import Clip, Output, Request, Timing
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.resources import Resources
from codecmark.core.scores import NotApplicable, Score

BYTES_PER_MB = 1_000_000


class Speed:
    """Real-time factors and peak memory of one item; the median and quartiles of its repeated runs."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def prepare(self, item: Clip | Request) -> None:
        """Speed has no reference half."""

    def score(self, batch: Sequence[tuple[None, Output]]) -> list[dict[str, Score | NotApplicable]]:
        return [{name: _answer(name, output.timing) for name in self.names} for _, output in batch]


def _answer(name: str, timing: Timing | None) -> Score | NotApplicable:
    if timing is None:
        return NotApplicable("not timed")
    if name == "peak_memory_mb":
        if timing.peak_bytes is None:
            return NotApplicable("peak memory was not measured")
        return Score(timing.peak_bytes / BYTES_PER_MB)
    if name == "encode_rtf":
        return _real_time_factor(timing.encode_seconds, timing, "the model does not encode")
    return _real_time_factor(timing.decode_seconds, timing, "the model does not decode")


def _real_time_factor(seconds: tuple[float, ...], timing: Timing, absent: str) -> Score | NotApplicable:
    if not seconds:
        return NotApplicable(absent)
    low, median, high = (np.percentile(seconds, (25, 50, 75)) / timing.audio_seconds).tolist()
    return Score(median, detail={"p25": low, "p75": high, "seconds": list(seconds)})


def open_speed(names: Sequence[str], resources: Resources) -> Speed:
    """Nothing to load."""
    return Speed(names)


PLUGIN = MetricPlugin(
    name="speed",
    scores=(
        ScoreSpec(
            name="encode_rtf",
            title="Encode RTF",
            summary="Real-time factor of encoding: compute seconds per second of audio, median; below 1 is real time.",
            higher_is_better=False,
            decimals=4,
            aggregate="median",
        ),
        ScoreSpec(
            name="decode_rtf",
            title="Decode RTF",
            summary="Real-time factor of decoding: compute seconds per second of audio, median; below 1 is real time.",
            higher_is_better=False,
            decimals=4,
            aggregate="median",
        ),
        ScoreSpec(
            name="peak_memory_mb",
            title="Peak memory",
            summary="Peak memory in 10^6 bytes: allocated on a CUDA device; on a CPU the resident set of the process, "
            "with the interpreter and every library loaded so far.",
            higher_is_better=None,
            unit="MB",
            decimals=0,
            aggregate="median",
        ),
    ),
    open=open_speed,
    place="timing",
    quality=False,
)
