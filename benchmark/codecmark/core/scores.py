"""What a metric answers: a `Score`, or one of three typed answers that are never a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Detail = Mapping[str, Any]
"""JSON-able, mergeable state behind a score: counts, a transcript, moments, a histogram."""


@dataclass(frozen=True, slots=True)
class Score:
    """A finite value for one clip. A mean over clips weighs it by `weight` (reference words for WER, say)."""

    value: float
    weight: float = 1.0
    detail: Detail = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Something went wrong for this clip: at which stage, a short kind for counting, a message for people."""

    stage: str
    kind: str
    message: str

    @property
    def reason(self) -> str:
        return f"{self.stage}: {self.message}"


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The metric has no meaning for this clip (PESQ on music, the SI-SDR of identical signals)."""

    reason: str
    detail: Detail = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Could be measured, but not here and now: weights or an evaluator are missing; the reason says how to get them."""

    reason: str


Answer = Score | Failure | NotApplicable | Unavailable
