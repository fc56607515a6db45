"""What a metric with a reference compares: the two sides of one item, and the refusal of silence."""

from __future__ import annotations

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError
from codecmark.core.items import Clip, Output, Request

SILENT_PEAK = 1e-4
"""A signal whose largest absolute sample is below this (-80 dBFS) is silent: no score of it means anything."""


def reference_of(item: Clip | Request) -> Clip:
    """The clip an output is compared with. Raises `ClipError` for a request that has no ground truth."""
    if isinstance(item, Clip):
        return item
    if item.reference is None:
        raise ClipError("no_reference", f"request '{item.id}' has no reference to compare with")
    return item.reference


def decoded_of(output: Output) -> Audio:
    """The audio of an output. Raises `ClipError` when it has none."""
    if output.audio is None:
        raise ClipError("no_audio", "the output has no audio")
    return output.audio


def refuse_silence(audio: Audio, side: str) -> None:
    """Raises `ClipError` when a side (the reference, the decoded signal) is silent."""
    if audio.peak < SILENT_PEAK:
        raise ClipError("silent", f"the {side} is silent (peak {audio.peak:.1e}, below {SILENT_PEAK:.0e})")
