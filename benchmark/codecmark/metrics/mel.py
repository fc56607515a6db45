"""Mel distances: how far apart the mel spectrograms are, as Codec-SUPERB and as the Descript Audio Codec measure it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from codecmark.core.errors import ClipError
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.reference import decoded_of, reference_of, refuse_silence
from codecmark.core.resources import Resources
from codecmark.core.scores import Failure, Score

if TYPE_CHECKING:
    from codecmark.nn.mel import Mels

LONGEST_REFLECTION = 1024
"""Half of the longest window: a clip must be longer, for its edges to be reflected."""


class Mel:
    """The wanted distances of each output from spectrograms that they share. Values depend on the evaluation rate."""

    def __init__(self, names: Sequence[str], resources: Resources) -> None:
        from codecmark.nn import mel

        self._distances = {name: mel.DISTANCES[name] for name in names}
        self._scales = sorted({scale for distance in self._distances.values() for scale in distance.scales})
        self._device = resources.device
        self._maths = mel

    def prepare(self, item: Clip | Request) -> Mels:
        """Spectrograms of the reference. Raises `ClipError` for a silent or too short one."""
        audio = reference_of(item).audio()
        refuse_silence(audio, "reference")
        if audio.num_samples <= LONGEST_REFLECTION:
            reason = f"needs more than {LONGEST_REFLECTION} samples, the clip has {audio.num_samples}"
            raise ClipError("too_short", f"the mel distance {reason}")
        return self._maths.spectrograms(audio, self._scales, self._device)

    def score(self, batch: Sequence[tuple[Mels, Output]]) -> list[Mapping[str, Score | Failure]]:
        """A silent output has a distance like any other."""
        return [self._answers(reference, output) for reference, output in batch]

    def _answers(self, reference: Mels, output: Output) -> Mapping[str, Score | Failure]:
        try:
            audio = decoded_of(output)
        except ClipError as error:
            return dict.fromkeys(self._distances, Failure("score", error.kind, error.message))
        decoded = self._maths.spectrograms(audio, self._scales, self._device)
        return {name: Score(float(distance(reference, decoded))) for name, distance in self._distances.items()}


def open_mel(names: Sequence[str], resources: Resources) -> Mel:
    """Loads torch; spectrograms are worked out on `resources.device`."""
    return Mel(names, resources)


PLUGIN = MetricPlugin(
    name="mel",
    scores=(
        ScoreSpec(
            name="mel_cs",
            title="Mel (CS)",
            summary="Mel distance as in Codec-SUPERB: windows 2048 and 512, log10 of power and magnitude.",
            higher_is_better=False,
            best=0.0,
        ),
        ScoreSpec(
            name="mel_dac",
            title="Mel (DAC)",
            summary="Mel distance as in the Descript Audio Codec: seven windows from 32 to 2048, log10 of magnitude.",
            higher_is_better=False,
            best=0.0,
        ),
    ),
    open=open_mel,
    place="device",
)
