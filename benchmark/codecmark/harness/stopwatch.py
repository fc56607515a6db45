"""Timing, in a pass of its own: warm-up, the device in step, a monotonic clock, nothing else in the timed region."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar, cast

import torch

from codecmark.core.items import Request, Timing
from codecmark.core.remote import Remote
from codecmark.core.worker import peak_memory
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
    with _peak(model, device) as peak:
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


def _peak(model: Model, device: str) -> AbstractContextManager[Callable[[], int | None]]:
    """The memory of the process that does the work, which may be another one."""
    worker = model.codec if isinstance(model, CodecModel) else cast(LanguageModel, model).lm
    return worker.peak_memory() if isinstance(worker, Remote) else peak_memory(device)


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
