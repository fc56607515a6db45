"""Speed, size and memory, from the timing pass: of a clip alone, and of the largest batch that fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from codecmark.core.items import Clip, Output, Request, Timing
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.resources import Resources
from codecmark.core.scores import Detail, NotApplicable, Score

BYTES_PER_MB = 1_000_000
BATCH = "batch_"
"""How the name of a score of the largest batch begins."""


class Speed:
    """Times as the median of repeated runs, with every run in the detail."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def prepare(self, item: Clip | Request) -> None:
        """Speed has no reference half."""

    def score(self, batch: Sequence[tuple[None, Output]]) -> list[dict[str, Score | NotApplicable]]:
        return [{name: _answer(name, output) for name in self.names} for _, output in batch]


def _answer(name: str, output: Output) -> Score | NotApplicable:
    timing = output.batch_timing if name.startswith(BATCH) else output.timing
    if timing is None:
        return NotApplicable("not timed" if output.timing is None else "not timed in batches")
    detail = _terms(timing)
    match name.removeprefix(BATCH):
        case "size":
            return Score(timing.batch, detail=detail)
        case "parameters_m":
            return _measured(timing.parameters, 1e6, "the model is no network of torch", detail)
        case "peak_memory_mb":
            return _measured(timing.peak_bytes, BYTES_PER_MB, "peak memory was not measured", detail)
        case "latency_ms":
            seconds = [sum(both) for both in zip(timing.encode_seconds, timing.decode_seconds, strict=False)]
            return _times([1000 * one for one in seconds or timing.decode_seconds], "it was not run", detail)
        case "encode_rtf" | "encode_speed" as side:
            seconds, absent = list(timing.encode_seconds), "the model does not encode"
        case side:
            seconds, absent = list(timing.decode_seconds), "the model does not decode"
    factors = [one / timing.audio_seconds for one in seconds]
    return _times(factors if side.endswith("_rtf") else [1 / factor for factor in factors], absent, detail)


def _terms(timing: Timing) -> dict[str, Any]:
    """Under which terms a timing was taken."""
    terms: dict[str, Any] = {"batch": timing.batch, "clip_seconds": timing.audio_seconds / timing.batch}
    return terms | {key: value for key, value in (("limit", timing.limit), ("precision", timing.precision)) if value}


def _measured(value: int | None, unit: float, absent: str, detail: Detail) -> Score | NotApplicable:
    return NotApplicable(absent) if value is None else Score(value / unit, detail=detail)


def _times(runs: Sequence[float], absent: str, detail: Detail) -> Score | NotApplicable:
    if not runs:
        return NotApplicable(absent)
    low, median, high = np.percentile(runs, (25, 50, 75)).tolist()
    return Score(median, detail={**detail, "p25": low, "p75": high, "runs": list(runs)})


def open_speed(names: Sequence[str], resources: Resources) -> Speed:
    """Nothing to load."""
    return Speed(names)


def _spec(name: str, title: str, summary: str, higher_is_better: bool | None, **print_as: Any) -> ScoreSpec:
    return ScoreSpec(
        name=name, title=title, summary=summary, higher_is_better=higher_is_better, aggregate="median", **print_as
    )


def _of_times(prefix: str, where: str, rtf_decimals: int) -> tuple[ScoreSpec, ...]:
    """The scores that a clip alone and the largest batch have alike."""
    of = " of the largest batch that fits" if prefix else " of one clip alone"
    memory = "allocated on a CUDA device; on a CPU the resident set of the process, with the interpreter and every "
    return (
        *(
            _spec(
                f"{prefix}{side}_rtf",
                f"{side.title()} RTF{where}",
                f"Real-time factor: compute seconds per second of audio to {side}, median{of}; below 1 is real time.",
                False,
                decimals=rtf_decimals,
            )
            for side in ("encode", "decode")
        ),
        *(
            _spec(
                f"{prefix}{side}_speed",
                f"{side.title()} speed{where}",
                f"Seconds of audio {side}d per second of computing, median{of}: the inverse of the real-time factor.",
                True,
                unit="s/s",
                decimals=1,
            )
            for side in ("encode", "decode")
        ),
        _spec(
            f"{prefix}peak_memory_mb",
            f"Peak memory{where}",
            f"Peak memory in 10^6 bytes{of}: {memory}library loaded so far.",
            None,
            unit="MB",
            decimals=0,
        ),
    )


PLUGIN = MetricPlugin(
    name="speed",
    scores=(
        *_of_times("", "", 4),
        _spec(
            "latency_ms",
            "Latency",
            "Time until a whole clip is encoded and decoded again, alone, median.",
            False,
            unit="ms",
            decimals=1,
        ),
        _spec(
            "parameters_m",
            "Parameters",
            "Parameters of the networks in 10^6, as they are in memory; codebooks count where a network has them among "
            "its parameters.",
            None,
            unit="M",
            decimals=1,
        ),
        _spec("batch_size", "Batch size", "Clips in the largest batch that fits.", None, decimals=0),
        *_of_times(BATCH, " (largest batch)", 5),
    ),
    open=open_speed,
    place="timing",
    quality=False,
)
