"""How much a codec changes the crest factor, the ratio of peak to root mean square."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from codecmark import Audio, Clip, MetricPlugin, NotApplicable, Output, Request, Resources, Score, ScoreSpec


class Crest:
    """Crest factor of the decoded audio less that of the reference, in dB; silence has none."""

    def prepare(self, item: Clip | Request) -> float | None:
        return crest_db(item.audio()) if isinstance(item, Clip) else None

    def score(self, batch: Sequence[tuple[float | None, Output]]) -> list[Mapping[str, Score | NotApplicable]]:
        return [{"crest": self._answer(reference, output)} for reference, output in batch]

    def _answer(self, reference: float | None, output: Output) -> Score | NotApplicable:
        decoded = crest_db(output.audio) if output.audio is not None else None
        if reference is None or decoded is None:
            return NotApplicable("silence, or nothing to compare")
        return Score(decoded - reference)


def crest_db(audio: Audio) -> float | None:
    rms = float(np.sqrt(np.mean(np.square(audio.samples, dtype=np.float64))))
    return 20 * float(np.log10(audio.peak / rms)) if rms > 0 else None


def open_crest(names: Sequence[str], resources: Resources) -> Crest:
    return Crest()


PLUGIN = MetricPlugin(
    name="crest",
    scores=(
        ScoreSpec(
            name="crest",
            title="Crest factor change",
            summary="Peak over root mean square of the decoded audio, less that of the reference.",
            higher_is_better=None,
            unit="dB",
            best=0.0,
        ),
    ),
    open=open_crest,
    packages=("codecmark-example-plugin",),
)
