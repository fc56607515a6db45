"""Bit rate, counted from the tokens or bytes that were sent."""

from __future__ import annotations

from collections.abc import Sequence

from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.resources import Resources
from codecmark.core.scores import NotApplicable, Score


class Bitrate:
    """Bits sent over the true length of the audio, padding of the last frame included."""

    def prepare(self, item: Clip | Request) -> float | None:
        """Seconds of the reference; None for a request without one, whose output is as long as it is."""
        clip = item.reference if isinstance(item, Request) else item
        return clip.audio().seconds if clip is not None else None

    def score(self, batch: Sequence[tuple[float | None, Output]]) -> list[dict[str, Score | NotApplicable]]:
        """Each weighs by its seconds, so that the mean is all bits over all seconds."""
        return [{"kbps": _kbps(seconds, output)} for seconds, output in batch]


def _kbps(seconds: float | None, output: Output) -> Score | NotApplicable:
    if output.encoded is None:
        return NotApplicable("the model sent neither tokens nor bytes")
    if seconds is None:
        if output.audio is None:
            return NotApplicable("neither a reference nor audio to give the length")
        seconds = output.audio.seconds
    bits = float(output.encoded.bits)
    return Score(bits / seconds / 1000, weight=seconds, detail={"bits": bits, "seconds": seconds})


def open_bitrate(names: Sequence[str], resources: Resources) -> Bitrate:
    """Nothing to load."""
    return Bitrate()


PLUGIN = MetricPlugin(
    name="bitrate",
    scores=(
        ScoreSpec(
            name="kbps",
            title="Bit rate",
            summary="Bits that were sent over the seconds of audio, counted from tokens or payload bytes.",
            higher_is_better=None,
            unit="kbps",
        ),
    ),
    open=open_bitrate,
    place="device",
    quality=False,
    cost=0.0,
)
