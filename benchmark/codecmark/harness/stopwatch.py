"""Timing, in a pass of its own: warm-up, the device in step, a monotonic clock, nothing else in the timed region."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

import torch

from codecmark.core.items import Request, Timing
from codecmark.harness.references import References
from codecmark.harness.synthesize import CodecModel, LanguageModel, Model
from codecmark.harness.task import Stopwatch

T = TypeVar("T")


def time_clip(model: Model, clip_id: str, references: References, plan: Stopwatch, device: str) -> Timing:
    """Times one clip as a batch of one: `plan.warm_up` runs unrecorded, then `plan.repeats`.

    Transfer to and from the device is part of what is timed. May raise whatever the model raises, and `ClipError`
    where what it gives breaks the contract: that has no time.
    """
    clock = _Clock(device)
    encode: list[float] = []
    decode: list[float] = []
    with peak_memory(device) as peak:
        for index in range(plan.warm_up + plan.repeats):
            encode_seconds, decode_seconds = _once(model, clip_id, references, clock)
            if index >= plan.warm_up:
                encode += encode_seconds
                decode += decode_seconds
    return Timing(
        audio_seconds=references.at(clip_id, model.rate()).seconds,
        encode_seconds=tuple(encode),
        decode_seconds=tuple(decode),
        peak_bytes=peak(),
    )


def _once(model: Model, clip_id: str, references: References, clock: _Clock) -> tuple[list[float], list[float]]:
    if isinstance(model, CodecModel):
        given = [references.at(clip_id, model.rate())]
        encode_seconds, answer = clock.time(lambda: model.codec.encode(given))
        encoded = model.encoded(answer, given)
        decode_seconds, audio = clock.time(lambda: model.codec.decode(encoded))
        model.decoded(audio, encoded)
        return [encode_seconds], [decode_seconds]
    lm = cast(LanguageModel, model)
    requests = [cast(Request, references.items[clip_id])]
    seconds, responses = clock.time(lambda: lm.lm.generate(requests))
    lm.answered(responses, requests)
    return [], [seconds]


class _Clock:
    def __init__(self, device: str) -> None:
        self._cuda = torch.device(device) if device.startswith("cuda") else None

    def time(self, act: Callable[[], T]) -> tuple[float, T]:
        self._settle()
        start = time.perf_counter()
        result = act()
        self._settle()
        return time.perf_counter() - start, result

    def _settle(self) -> None:
        if self._cuda is not None:
            torch.cuda.synchronize(self._cuda)


@contextmanager
def peak_memory(device: str) -> Iterator[Callable[[], int | None]]:
    """Gives a function that says the peak in bytes since entering: allocated memory of a CUDA device, or the resident
    set of this process on Linux; None where neither can be read."""
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)
        yield lambda: int(torch.cuda.max_memory_allocated(device))
        return
    try:
        Path("/proc/self/clear_refs").write_text("5")  # 5 resets VmHWM: proc_pid_clear_refs(5)
    except OSError:
        yield lambda: None
        return
    yield _peak_resident


def _peak_resident() -> int | None:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else None
