"""Timing, in a pass of its own: warm-up, the device in step, a monotonic clock, nothing else in the timed region."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
from torch import nn

from codecmark.core.audio import Audio
from codecmark.core.items import Request, Timing
from codecmark.core.remote import Remote
from codecmark.core.worker import peak_memory
from codecmark.harness.references import References
from codecmark.harness.synthesize import CodecModel, LanguageModel, Model
from codecmark.harness.task import Stopwatch

T = TypeVar("T")
PRECISION = {False: "float32, TF32 off", True: "float32, TF32 on"}


@dataclass(frozen=True)
class Timer:
    """Times a model on copies of one clip, on a device. `given` is the clip as the model takes it."""

    model: Model
    given: Audio | Request
    plan: Stopwatch
    device: str

    def time(self, size: int) -> Timing:
        """Times a batch of so many copies: `plan.warm_up` runs unrecorded, then `plan.repeats`.

        Transfer to and from the device is part of what is timed. May raise whatever the model raises, and `ClipError`
        where what it gives breaks the contract: that has no time.
        """
        return self._time(size, self.plan.warm_up, self.plan.repeats)

    def glance(self, size: int) -> Timing:
        """One run, as it comes: whether a batch fits, and roughly how long it takes."""
        return self._time(size, 0, 1)

    def _time(self, size: int, warm_up: int, repeats: int) -> Timing:
        clock, batch = _Clock(self.device), [self.given] * size
        encode: list[float] = []
        decode: list[float] = []
        with _peak(self.model, self.device) as peak:
            for index in range(warm_up + repeats):
                encode_seconds, decode_seconds = _once(self.model, batch, clock)
                if index >= warm_up:
                    encode += encode_seconds
                    decode += decode_seconds
        parameters = parameters_of(self.model)
        tf32 = torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32
        return Timing(
            audio_seconds=size * _seconds(self.given),
            encode_seconds=tuple(encode),
            decode_seconds=tuple(decode),
            peak_bytes=peak(),
            batch=size,
            parameters=parameters,
            precision="" if parameters is None else PRECISION[tf32],
        )


def timer(model: Model, clip_id: str, references: References, plan: Stopwatch, device: str) -> Timer:
    """A timer for one clip, which a codec is given at `plan.clip_seconds`, cut or repeated, where the plan has them."""
    if not isinstance(model, CodecModel):
        return Timer(model, cast(Request, references.items[clip_id]), plan, device)
    audio = references.at(clip_id, model.rate())
    if plan.clip_seconds is not None:
        audio = audio.loop(round(plan.clip_seconds * audio.sample_rate))
    return Timer(model, audio, plan, device)


def parameters_of(model: Model) -> int | None:
    """Parameters of the torch networks that a model's object holds; None where it holds none."""
    held = getattr(_worker(model), "__dict__", {}).values()
    networks = nn.ModuleList(value for value in held if isinstance(value, nn.Module))
    return sum(parameter.numel() for parameter in networks.parameters()) or None


def _seconds(given: Audio | Request) -> float:
    if isinstance(given, Audio):
        return given.seconds
    return given.max_seconds or 0.0


def _once(model: Model, batch: Sequence[Any], clock: _Clock) -> tuple[list[float], list[float]]:
    if isinstance(model, CodecModel):
        encode_seconds, answer = clock.time(lambda: model.codec.encode(batch))
        encoded = model.encoded(answer, batch)
        decode_seconds, audio = clock.time(lambda: model.codec.decode(encoded))
        model.decoded(audio, encoded)
        return [encode_seconds], [decode_seconds]
    lm = cast(LanguageModel, model)
    seconds, responses = clock.time(lambda: lm.lm.generate(batch))
    lm.answered(responses, batch)
    return [], [seconds]


def _worker(model: Model) -> Any:
    """What a plug-in's `open` gave."""
    return model.codec if isinstance(model, CodecModel) else cast(LanguageModel, model).lm


def _peak(model: Model, device: str) -> AbstractContextManager[Callable[[], int | None]]:
    """The memory of the process that does the work, which may be another one."""
    worker = _worker(model)
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
