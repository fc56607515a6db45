"""Scoring workers, by themselves: order, ownership, deaths, and what is left of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import psutil
import pytest

from codecmark import Clip, Failure, Output, Score
from codecmark.harness import workers
from codecmark.harness.references import itself
from codecmark.harness.workers import Done, Job, Workers


@pytest.fixture
def job(voice: Any, plug_ins: None) -> Any:
    def make(name: str, number: int = 0, shard: int = 0, **wanted: tuple[str, ...]) -> Job:
        audio = voice(0.1)
        clip = Clip(id=name, load=partial(itself, audio), seconds=audio.seconds, sha256=name)
        return Job(group=number, shard=shard, item=clip, output=Output(id=name, audio=audio), wanted=wanted)

    return make


def answers(crew: Workers, count: int) -> Iterator[Done]:
    for _ in range(count):
        done = crew.done.get(timeout=30)
        assert done is not None
        yield done


def test_none_starts_before_there_is_work() -> None:
    with Workers(4):
        assert psutil.Process().children() == []


def test_every_job_is_answered_once_under_its_name(job: Any) -> None:
    with Workers(2) as crew:
        for number in range(12):
            crew.submit(job(f"clip{number % 3}", number, slow=("slow",), mute=("mute",)))
        found = {(done.group, done.id): done.answers for done in answers(crew, 12)}
        assert len(psutil.Process().children()) == 2
        assert crew.done.empty()
    assert set(found) == {(number, f"clip{number % 3}") for number in range(12)}
    assert set(map(str, found.values())) == {str({"slow": Score(1600.0), "mute": Score(1600.0)})}
    assert psutil.Process().children() == []


def test_a_clip_stays_with_the_worker_that_prepared_it_for_the_shard(job: Any) -> None:
    with Workers(2) as crew:
        for number in range(6):
            crew.submit(job("clip", number, slow=("slow",)))
        list(answers(crew, 6))
        assert len(psutil.Process().children()) == 1


def test_a_death_costs_the_metric_that_caused_it(job: Any) -> None:
    with Workers(1) as crew:
        crew.submit(job("fine", 0, aborts=("aborts",), slow=("slow",)))
        crew.submit(job("loud", 1, aborts=("aborts",), slow=("slow",), raises=("raises",)))
        crew.submit(job("fine", 2, aborts=("aborts",)))
        found = {done.group: done.answers for done in answers(crew, 3)}
    assert found[0] == {"aborts": Score(1600.0), "slow": Score(1600.0)}
    assert found[1] == {
        "aborts": Failure("score", "crash", "aborts took its process with it (ended by SIGSEGV)"),
        "slow": Score(0.5),
        "raises": Failure("score", "KeyError", "KeyError: 'what\\nis this'"),
    }
    assert found[2] == {"aborts": Score(1600.0)}


def test_what_hangs_is_ended(job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "TIMEOUT_SECONDS", 1.0)
    with Workers(1) as crew:
        crew.submit(job("loud", 0, hangs=("hangs",)))
        crew.submit(job("loud", 1, slow=("slow",)))
        found = {done.group: done.answers for done in answers(crew, 2)}
    assert found == {
        0: {"hangs": Failure("score", "timeout", "hangs took longer than 2 s")},
        1: {"slow": Score(0.5)},
    }


def test_closing_does_not_wait_for_what_hangs(job: Any) -> None:
    with Workers(2) as crew:
        for number in range(8):
            crew.submit(job(f"loud{number}", number, hangs=("hangs",)))
    assert psutil.Process().children() == []
