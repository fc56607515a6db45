"""Scoring workers: child processes that may die. A death costs the clip that caused it, and nothing else.

PESQ is why: on some inputs it writes past its arrays and takes the process with it. Each worker owns some clips of a
shard, so that the reference half of a metric is prepared once per clip for all settings.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from codecmark.core.child import Child, threads
from codecmark.core.items import Clip, Output, Request
from codecmark.core.scores import Answer, Failure
from codecmark.harness.grade import Grader

TIMEOUT_SECONDS = 120.0
"""How long one metric may take over one clip, beside ten times the clip's length."""
QUEUE = 4
"""Jobs a worker has waiting: enough to keep it busy, few enough to bound memory."""

Wanted = Mapping[str, tuple[str, ...]]
"""Score names wanted, by the metric that gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One output to score. `group` and `output.id` name it; `item` is what the reference half is prepared from.

    `shard` changes when the reference halves prepared so far are no longer needed.
    """

    group: int
    shard: int
    item: Clip | Request
    output: Output
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Done:
    """The answers of a job by score name."""

    group: int
    id: str
    answers: Mapping[str, Answer]


class Workers:
    """A fixed number of scoring workers, started when first needed. `submit` blocks while their queues are full."""

    def __init__(self, count: int) -> None:
        self.done: queue.SimpleQueue[Done | None] = queue.SimpleQueue()
        """Answers as they come; None says that a feeding thread broke down, which is a defect of ours."""
        self._feeders = [_Feeder(self.done) for _ in range(count)]
        self._owner: dict[tuple[int, str], _Feeder] = {}

    def submit(self, job: Job) -> None:
        """Hands the job to the worker that owns its clip; a new clip goes to the one with the least audio so far."""
        key = (job.shard, job.item.id)
        if key not in self._owner:
            self._owner[key] = min(self._feeders, key=lambda feeder: feeder.seconds)
        feeder = self._owner[key]
        feeder.seconds += _seconds(job)
        feeder.put(job)

    def forget(self, shard: int) -> None:
        """Says that no more jobs of a shard will come."""
        self._owner = {key: feeder for key, feeder in self._owner.items() if key[0] != shard}

    def close(self) -> None:
        """Ends every worker at once."""
        for feeder in self._feeders:
            feeder.stop()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Feeder:
    """A thread that feeds one worker, restarts it when it dies, and tries what it died of again, metric by metric."""

    def __init__(self, done: queue.SimpleQueue[Done | None]) -> None:
        self.seconds = 0.0
        self._done = done
        self._jobs: queue.Queue[Job] = queue.Queue(QUEUE)
        self._child: Child | None = None
        self._sent: set[tuple[int, str]] = set()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, job: Job) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="codecmark-scoring")
            self._thread.start()
        while self._thread.is_alive():
            try:
                return self._jobs.put(job, timeout=0.5)
            except queue.Full:
                continue

    def stop(self) -> None:
        self._stopped.set()
        if self._child is not None:
            self._child.kill()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                try:
                    job = self._jobs.get(timeout=0.2)
                except queue.Empty:
                    continue
                self._done.put(Done(job.group, job.output.id, self._answers(job)))
        except (EOFError, OSError):
            if not self._stopped.is_set():
                raise
        finally:
            if not self._stopped.is_set():
                self._done.put(None)
            if self._child is not None:
                self._child.close()

    def _answers(self, job: Job) -> dict[str, Answer]:
        try:
            return self._ask(job, job.wanted)
        except (EOFError, OSError, TimeoutError):
            if self._stopped.is_set():
                raise
        answers: dict[str, Answer] = {}
        for metric, names in job.wanted.items():
            answers |= self._alone(job, metric, names)
        return answers

    def _alone(self, job: Job, metric: str, names: Sequence[str]) -> dict[str, Answer]:
        self._restart()
        try:
            return self._ask(job, {metric: tuple(names)})
        except TimeoutError as error:
            failure = Failure("score", "timeout", f"{metric} {error}")
        except (EOFError, OSError):
            if self._stopped.is_set():
                raise
            assert self._child is not None
            failure = Failure("score", "crash", f"{metric} took its process with it ({self._child.ending()})")
        self._restart()
        return dict.fromkeys(names, failure)

    def _ask(self, job: Job, wanted: Wanted) -> dict[str, Answer]:
        child = self._child or self._restart()
        key = (job.shard, job.item.id)
        item = None if key in self._sent else job.item
        child.connection.send((job.shard, job.item.id, item, job.output, dict(wanted)))
        self._sent.add(key)
        limit = TIMEOUT_SECONDS + 10 * _seconds(job)
        if not child.connection.poll(limit):
            raise TimeoutError(f"took longer than {limit:.0f} s")
        answers: dict[str, Answer] = child.connection.recv()
        return answers

    def _restart(self) -> Child:
        if self._child is not None:
            self._child.close()
        self._sent.clear()
        self._child = Child("codecmark.harness.workers:serve", threads(1))
        if self._stopped.is_set():
            self._child.kill()
        return self._child


def serve(connection: Connection[Any, Any]) -> None:
    """The life of a worker: score what comes, until the connection closes."""
    grader, shard = Grader(), None
    items: dict[str, Clip | Request] = {}
    while True:
        job_shard, item_id, item, output, wanted = connection.recv()
        if job_shard != shard:
            grader, shard, items = Grader(grader.metrics), job_shard, {}
        if item is not None:
            items[item_id] = item
        answers: dict[str, Answer] = {}
        for metric, names in wanted.items():
            answers |= grader.grade(metric, names, [(items[item_id], output)])[0]
        connection.send(answers)


def _seconds(job: Job) -> float:
    return job.output.audio.seconds if job.output.audio is not None else 0.0
