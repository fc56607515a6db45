"""SI-SDR: scale-invariant signal-to-distortion ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.reference import decoded_of, reference_of, refuse_silence
from codecmark.core.resources import Resources
from codecmark.core.scores import NotApplicable, Score

Signal = NDArray[np.float64]


class SiSdr:
    """10 log10 (|a s|^2 / |y - a s|^2), a = <y, s> / |s|^2, both without their mean (Le Roux et al., ICASSP 2019)."""

    def prepare(self, item: Clip | Request) -> Signal:
        """The reference without its mean. Raises `ClipError` for a silent one."""
        return _centred(reference_of(item).audio(), "reference")

    def score(self, batch: Sequence[tuple[Signal, Output]]) -> list[dict[str, Score | NotApplicable]]:
        """Raises `ClipError` for a silent output."""
        return [{"si_sdr": _si_sdr(reference, output)} for reference, output in batch]


def _centred(audio: Audio, side: str) -> Signal:
    refuse_silence(audio, side)
    signal: Signal = audio.samples[0].astype(np.float64)
    signal -= signal.mean()
    if not signal.any():
        raise ClipError("silent", f"the {side} is constant")
    return signal


def _si_sdr(reference: Signal, output: Output) -> Score | NotApplicable:
    decoded = _centred(decoded_of(output), "decoded signal")
    gain = float(decoded @ reference) / float(reference @ reference)
    target = gain * reference
    residual = decoded - target
    distortion = float(residual @ residual)
    if distortion == 0:
        return NotApplicable("identical", {"gain": gain})
    if gain == 0:
        raise ClipError("uncorrelated", "the decoded signal holds nothing of the reference: SI-SDR is minus infinity")
    return Score(10 * math.log10(float(target @ target) / distortion))


def open_si_sdr(names: Sequence[str], resources: Resources) -> SiSdr:
    """Nothing to load."""
    return SiSdr()


PLUGIN = MetricPlugin(
    name="si_sdr",
    scores=(
        ScoreSpec(
            name="si_sdr",
            title="SI-SDR",
            summary="Scale-invariant signal-to-distortion ratio; means little for codecs that lose the waveform.",
            higher_is_better=True,
            unit="dB",
        ),
    ),
    open=open_si_sdr,
)
