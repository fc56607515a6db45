"""STOI and ESTOI: short-time objective intelligibility (Taal 2011; Jensen and Taal 2016), equal to pystoi's numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from codecmark.core.errors import ClipError
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.reference import decoded_of, reference_of, refuse_silence
from codecmark.core.resources import Resources
from codecmark.core.scores import Score

if TYPE_CHECKING:
    from codecmark.nn.stoi import Reference


class Stoi:
    """The wanted scores of each output, from band envelopes that both share."""

    def __init__(self, names: Sequence[str]) -> None:
        from codecmark.nn import stoi

        scores: dict[str, Callable[..., float]] = {"stoi": stoi.stoi, "estoi": stoi.estoi}
        self._scores = {name: scores[name] for name in names}
        self._maths = stoi

    def prepare(self, item: Clip | Request) -> Reference:
        """Raises `ClipError` for a silent reference, or one with too few frames that are not silent."""
        audio = reference_of(item).audio()
        refuse_silence(audio, "reference")
        reference = self._maths.analyse(audio.samples[0], audio.sample_rate)
        frames, needed = reference.envelopes.shape[1], self._maths.SEGMENT
        if frames < needed:
            raise ClipError(
                "too_short", f"STOI needs {needed} frames (0.4 s) that are not silent, the clip has {frames}"
            )
        return reference

    def score(self, batch: Sequence[tuple[Reference, Output]]) -> list[dict[str, Score]]:
        """Raises `ClipError` for a silent output."""
        return [self._answers(reference, output) for reference, output in batch]

    def _answers(self, reference: Reference, output: Output) -> dict[str, Score]:
        decoded = decoded_of(output)
        refuse_silence(decoded, "decoded signal")
        envelopes = self._maths.envelopes(decoded.samples[0], decoded.sample_rate, reference)
        return {name: Score(score(reference.envelopes, envelopes)) for name, score in self._scores.items()}


def open_stoi(names: Sequence[str], resources: Resources) -> Stoi:
    """Loads the filters of pystoi."""
    return Stoi(names)


PLUGIN = MetricPlugin(
    name="stoi",
    scores=(
        ScoreSpec(
            name="stoi",
            title="STOI",
            summary="Short-time objective intelligibility (Taal 2011), up to 1.",
            higher_is_better=True,
            decimals=3,
            best=1.0,
            domains=("speech",),
        ),
        ScoreSpec(
            name="estoi",
            title="ESTOI",
            summary="Extended short-time objective intelligibility (Jensen and Taal 2016), up to 1.",
            higher_is_better=True,
            decimals=3,
            best=1.0,
            domains=("speech",),
        ),
    ),
    open=open_stoi,
    packages=("pystoi",),
)
