"""What the tests of metrics share: asking one as the harness does, and real pairs with scores of reference packages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from codecmark.core import registry
from codecmark.core.audio import Audio
from codecmark.core.items import Clip, Output
from codecmark.core.plugins import MetricPlugin
from codecmark.core.resources import Resources
from codecmark.core.scores import Answer

Ask = Callable[..., dict[str, Answer]]


@pytest.fixture
def ask() -> Ask:
    """Scores one pair with every score of a metric, or those of `names`; other keywords go to the reference clip."""

    def score(
        metric: str, reference: Audio, decoded: Audio, names: tuple[str, ...] = (), **fields: Any
    ) -> dict[str, Answer]:
        plugin = cast(MetricPlugin, registry.get("metrics", metric))
        worker = plugin.open(names or tuple(spec.name for spec in plugin.scores), Resources())
        clip = Clip(id="a", load=lambda: reference, seconds=reference.seconds, sha256="0", **fields)
        answers = worker.score([(worker.prepare(clip), Output(id="a", audio=decoded))])
        return dict(answers[0])

    return score


@dataclass(frozen=True)
class Pair:
    """A real pair by the protocol of expected_scores.json, and what the file says of it."""

    name: str
    reference: Audio
    decoded: Audio
    record: dict[str, Any]

    @property
    def same_rate(self) -> bool:
        return bool(self.record["rate_dec"] == self.record["rate_ref"] == 16000)

    def expected(self, score: str) -> float | None:
        return cast("float | None", self.record["scores"].get(score))


@dataclass(frozen=True)
class Pairs:
    """The comparable pairs of the file and its tolerances."""

    folder: Path
    content: dict[str, Any]

    @property
    def tolerances(self) -> dict[str, float]:
        return cast("dict[str, float]", self.content["protocol"]["tolerances"])

    def each(self, step: int = 1) -> Iterator[Pair]:
        """Every `step`-th pair, averaged to mono, decoded resampled to the reference's rate, cut to the shorter."""
        for record in [record for record in self.content["pairs"] if record["comparable"]][::step]:
            yield self.pair(f"{record['corpus']}/{record['id']}", record["reference"], record)

    def pair(self, decoded: str, reference: str, record: dict[str, Any]) -> Pair:
        original = Audio.read(_path(self.folder, reference)).mono()
        output = Audio.read(_path(self.folder, decoded)).mono().resample(original.sample_rate)
        length = min(original.num_samples, output.num_samples)
        return Pair(decoded, original.fit(length), output.fit(length), record)


@lru_cache(maxsize=32)
def _paths(corpus: Path) -> dict[str, Path]:
    lines = (corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return {entry["id"]: corpus / entry["path"] for entry in map(json.loads, lines)}


def _path(folder: Path, name: str) -> Path:
    corpus, _, item = name.partition("/")
    return _paths(folder / corpus)[item]


@pytest.fixture(scope="session")
def pairs(shared: Path) -> Pairs:
    content = json.loads((shared / "data" / "expected_scores.json").read_text(encoding="utf-8"))
    return Pairs(shared / "data", content)


@pytest.fixture
def speechlike() -> Audio:
    """Two seconds of noise at 16 kHz under a syllable-like envelope of 4 Hz."""
    times = np.arange(32000) / 16000
    noise = np.random.default_rng(1).standard_normal(32000)
    return Audio(0.1 * noise * (1 + np.sin(2 * np.pi * 4 * times)), 16000)


@pytest.fixture
def silence() -> Audio:
    return Audio(np.zeros(32000), 16000)
