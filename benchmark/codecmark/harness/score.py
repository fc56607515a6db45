"""Scoring audio that something else decoded: pairs of reference and decoded, without any model."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codecmark.core import choose, registry
from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError, CodecmarkError, DataError, UsageError
from codecmark.core.items import Clip, Domain, Output
from codecmark.core.plugins import MetricPlugin
from codecmark.core.resources import Resources
from codecmark.core.scores import Answer, NotApplicable
from codecmark.harness.grade import Grader, failure
from codecmark.harness.references import itself
from codecmark.harness.task import check_roles
from codecmark.harness.workers import Job, Workers

LENGTH_SHARE, LENGTH_SECONDS = 0.01, 0.08
"""How far the lengths of a pair may differ: 1 %, or a codec frame of 80 ms if that is more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A reference and what came out for it, as files or audio; `text` and `speaker` for the metrics that want them."""

    reference: str | Path | Audio
    decoded: str | Path | Audio
    text: str | None = None
    speaker: str | None = None
    domain: Domain = "speech"


def default_metrics() -> tuple[str, ...]:
    """Every score that says something of quality and needs no more than a pair: no transcript, no model of its own."""
    plugins = [plugin for plugin in registry.every(MetricPlugin)[0] if plugin.quality and plugin.evaluator is None]
    return tuple(spec.name for plugin in plugins for spec in plugin.scores)


def score(
    reference: str | Path | Audio,
    decoded: str | Path | Audio,
    metrics: str | Sequence[str] | None = None,
    text: str | None = None,
    resources: Resources | None = None,
) -> dict[str, Answer]:
    """Scores one pair, by score name: the decoded signal at the reference's rate, both cut to the shorter length.

    `resources` say where models that metrics use are found, and which. Each answer is a `Score`, or says in its type
    why there is no number.
    """
    names = choose.words(metrics) or default_metrics()
    pair = Pair(reference=reference, decoded=decoded, text=text)
    return next(score_pairs([pair], names, 1, resources))[1]


def score_pairs(
    pairs: Iterable[Pair], metrics: Sequence[str], workers: int | None = None, resources: Resources | None = None
) -> Iterator[tuple[Pair, dict[str, Answer]]]:
    """Scores pairs with the named metrics, in the order given.

    Raises `UnknownName` for a metric or an evaluator that nobody answers to.
    """
    resources = resources or Resources()
    check_roles(resources.evaluators)
    for name in metrics:
        registry.metric(name)
    count = (os.cpu_count() or 1) if workers is None else workers
    if count < 1:
        raise UsageError(f"--workers {count}: give a whole number from 1")
    with Workers(count) as crew:
        scoring = _Scoring(metrics, crew, resources)
        waiting: list[int] = []
        for index, pair in enumerate(pairs):
            scoring.begin(index, pair)
            waiting.append(index)
            while scoring.complete(waiting[0]):
                yield scoring.take(waiting.pop(0))
                if not waiting:
                    break
        for index in waiting:
            while not scoring.complete(index):
                scoring.wait()
            yield scoring.take(index)


class _Scoring:
    def __init__(self, metrics: Sequence[str], crew: Workers, resources: Resources) -> None:
        self._metrics = metrics
        self._crew = crew
        self._resources = resources
        self._opened = Grader().metrics
        self._pairs: dict[int, Pair] = {}
        self._answers: dict[int, dict[str, Answer]] = {}

    def begin(self, index: int, pair: Pair) -> None:
        """Scores what can be scored here, and sends the rest to a worker."""
        self._pairs[index] = pair
        names = [name for name in self._metrics if pair.domain in registry.metric(name)[1].domains]
        self._answers[index] = {
            name: NotApplicable(f"{registry.metric(name)[1].title} has no meaning for {pair.domain}")
            for name in self._metrics
            if name not in names
        }
        try:
            item, output = aligned(pair, str(index))
        except (ClipError, DataError) as error:
            self._answers[index] |= dict.fromkeys(names, failure("read", error))
            return
        wanted = registry.by_metric(names)
        outside = {metric.name: some for metric, some in wanted.items() if metric.place == "worker"}
        if outside:
            self._crew.submit(Job(group=index, shard=index, item=item, output=output, wanted=outside))
            self._crew.forget(index)
        grader = Grader(self._opened, self._resources)
        for metric, some in wanted.items():
            if metric.name not in outside:
                self._answers[index] |= grader.grade(metric.name, some, [(item, output)])[0]

    def complete(self, index: int) -> bool:
        while not self._crew.done.empty():
            self.wait()
        return len(self._answers[index]) == len(self._metrics)

    def wait(self) -> None:
        done = self._crew.done.get()
        if done is None:
            raise CodecmarkError("a scoring thread broke down: run again with --debug and report it")
        self._answers[done.group] |= done.answers

    def take(self, index: int) -> tuple[Pair, dict[str, Answer]]:
        answers = self._answers.pop(index)
        return self._pairs.pop(index), {name: answers[name] for name in self._metrics}


def aligned(pair: Pair, name: str) -> tuple[Clip, Output]:
    """The pair at the reference's rate, mono, both of the shorter length.

    Raises `DataError` for a file that cannot be read, `ClipError` when the lengths differ by more than a codec would.
    """
    reference, decoded = _mono(pair.reference), _mono(pair.decoded)
    at_rate = decoded.resample(reference.sample_rate)
    difference = abs(at_rate.num_samples - reference.num_samples)
    if difference > max(LENGTH_SHARE * reference.num_samples, LENGTH_SECONDS * reference.sample_rate):
        raise ClipError(
            "wrong_length", f"decoded has {at_rate.num_samples} samples, the reference {reference.num_samples}"
        )
    length = min(at_rate.num_samples, reference.num_samples)
    cut = reference.fit(length)
    clip = Clip(
        id=name,
        load=partial(itself, cut),
        seconds=cut.seconds,
        sha256=cut.sha256,
        text=pair.text,
        speaker=pair.speaker,
        domain=pair.domain,
        source_rate=reference.sample_rate,
    )
    return clip, Output(id=name, audio=at_rate.fit(length))


def _mono(source: str | Path | Audio) -> Audio:
    return (source if isinstance(source, Audio) else Audio.read(source)).mono()
