"""The largest batch that fits: doubled until memory, time or the plan says no, and backed off where it ran out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch

from codecmark import Card, ClipError
from codecmark.codecs.encodec import CARD
from codecmark.core.items import Timing
from codecmark.harness import largest_batch, memory
from codecmark.harness.largest_batch import ALONE, time_largest
from codecmark.harness.task import Stopwatch

PLAN = Stopwatch(max_batch=64, max_batch_cpu=8, max_seconds=100)
FULL = torch.OutOfMemoryError(
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.11 GiB"
)


@pytest.fixture(autouse=True)
def nothing_to_give_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here holds memory, and looking for some takes longer than all the rest."""
    monkeypatch.setattr(memory, "give_back", lambda: None)


def run_of(size: int, bytes_per_clip: int = 0) -> Timing:
    return Timing(
        audio_seconds=10.0 * size,
        encode_seconds=(0.6 * size,),
        decode_seconds=(0.4 * size,),
        peak_bytes=10**9 + (size - 1) * bytes_per_clip,
        batch=size,
    )


@dataclass
class Watch:
    """A timer whose device has room for so many clips, that notes what it is asked; a run takes a second per clip."""

    room: int
    plan: Stopwatch = PLAN
    device: str = "cuda:0"
    error: Exception = FULL
    bytes_per_clip: int = 0
    asked: list[tuple[str, int]] = field(default_factory=list)
    fails: Callable[[str, int], bool] = lambda what, size: False

    def glance(self, size: int) -> Timing:
        return self._run("glance", size)

    def time(self, size: int) -> Timing:
        return self._run("time", size)

    def _run(self, what: str, size: int) -> Timing:
        self.asked.append((what, size))
        if size > self.room or self.fails(what, size):
            raise self.error
        return run_of(size, self.bytes_per_clip)


def largest(watch: Watch, card: Card = CARD) -> Timing:
    timer: Any = watch
    return time_largest(timer, card, run_of(1))


def test_doubled_until_memory_runs_out_and_backed_off() -> None:
    watch = Watch(room=21)
    timing = largest(watch)
    assert watch.asked == [("glance", 2), ("glance", 4), ("glance", 8), ("glance", 16), ("glance", 32), ("time", 16)]
    assert (timing.batch, timing.limit) == (16, "out of memory at 32")
    assert (timing.audio_seconds, timing.encode_seconds) == (160.0, (9.6,))


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), FULL])
def test_memory_that_runs_out_in_any_way(error: Exception) -> None:
    assert largest(Watch(room=5, error=error)).limit == "out of memory at 8"


def test_no_room_for_two_is_the_timing_of_one() -> None:
    watch = Watch(room=1)
    timing = largest(watch)
    assert watch.asked == [("glance", 2)]
    assert (timing.batch, timing.limit, timing.encode_seconds) == (1, "out of memory at 2", (0.6,))


def test_a_batch_that_fits_once_but_not_again_is_halved() -> None:
    watch = Watch(room=64, fails=lambda what, size: what == "time" and size > 16)
    timing = largest(watch)
    assert [one for one in watch.asked if one[0] == "time"] == [("time", 64), ("time", 32), ("time", 16)]
    assert (timing.batch, timing.limit) == (16, "out of memory at 32")
    assert largest(Watch(room=64, fails=lambda what, size: what == "time")).batch == 1


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        (
            RuntimeError("Expected canUse32BitIndexMath(input)\nto be true"),
            "RuntimeError: Expected canUse32BitIndexMath",
        ),
        (
            ClipError("wrong_answer", "encode gave 3 answers for 4 clips"),
            "ClipError: encode gave 3 answers for 4 clips",
        ),
    ],
)
def test_other_trouble_with_a_larger_batch_is_its_limit(error: Exception, limit: str) -> None:
    timing = largest(Watch(room=2, error=error))
    assert timing.batch == 2
    assert timing.limit.startswith(limit)
    assert timing.limit.endswith(" at 4")


def test_the_plan_ends_the_search() -> None:
    assert (largest(Watch(room=10**6)).batch, largest(Watch(room=10**6)).limit) == (
        64,
        "no more than 64 were to be tried",
    )
    slow = Watch(room=10**6, plan=Stopwatch(max_batch=64, max_seconds=5))
    assert (largest(slow).batch, largest(slow).limit) == (8, "a run of 8 took 8 s")


def test_fewer_on_a_cpu_and_of_what_uses_no_other_device() -> None:
    assert largest(Watch(room=10**6, device="cpu")).batch == 8
    assert largest(Watch(room=10**6), replace(CARD, kind="classical")).batch == 8


def test_a_model_that_takes_one_clip_at_a_time_is_given_one() -> None:
    watch = Watch(room=10**6)
    timing = largest(watch, replace(CARD, batching="single"))
    assert (watch.asked, timing.batch, timing.limit) == ([], 1, ALONE)


def test_memory_of_this_machine_is_not_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a process would be killed for it, nothing could be backed off."""

    @dataclass
    class Memory:
        available: float

    monkeypatch.setattr(largest_batch.psutil, "virtual_memory", lambda: Memory(available=10e9))
    watch = Watch(room=10**6, device="cpu", bytes_per_clip=2 * 10**9)
    timing = largest(watch)
    assert timing.batch == 4
    assert timing.limit == "4 took 6.0 GB of memory, and twice as much is not there"
