"""Lag: by how many samples the decoded signal is late, where the waveform tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.reference import decoded_of, reference_of, refuse_silence
from codecmark.core.resources import Resources
from codecmark.core.scores import NotApplicable, Score

if TYPE_CHECKING:
    from codecmark.nn.lag import Half, Peak

SHORTEST_SECONDS = 0.1
"""The search goes 50 ms to either side."""
LEAST_CORRELATION = 0.3
LEAST_ENVELOPE_CORRELATION = 0.7
FARTHEST_MS = 1.6
"""How far the two estimates may lie apart."""
LEAST_CORRELATION_ALONE = 0.65
"""Asked of the waveforms where the estimates lie apart but that of the envelopes is itself in doubt."""


@dataclass(frozen=True, slots=True)
class _Reference:
    sample_rate: int
    half: Half


class Lag:
    """Both estimates of each output; the waveform's is the score where the trust rule allows."""

    def __init__(self) -> None:
        from codecmark.nn import lag

        self._maths = lag

    def prepare(self, item: Clip | Request) -> _Reference:
        """Raises `ClipError` for a silent or too short reference."""
        audio = reference_of(item).audio()
        refuse_silence(audio, "reference")
        if audio.seconds <= SHORTEST_SECONDS:
            raise ClipError("too_short", f"the lag needs over {SHORTEST_SECONDS} s, the clip has {audio.seconds:.3f} s")
        return _Reference(audio.sample_rate, self._maths.analyse(audio))

    def score(self, batch: Sequence[tuple[_Reference, Output]]) -> list[dict[str, Score | NotApplicable]]:
        """Raises `ClipError` for a silent output."""
        return [{"lag_samples": self._answer(reference, decoded_of(output))} for reference, output in batch]

    def _answer(self, reference: _Reference, audio: Audio) -> Score | NotApplicable:
        refuse_silence(audio, "decoded signal")
        decoded = self._maths.analyse(audio)
        waveform = self._maths.waveform_peak(reference.half, decoded)
        envelope = self._maths.envelope_peak(reference.half, decoded)
        envelope_ms = envelope.lag * 1000 / self._maths.FRAME_RATE
        doubt = _doubt(waveform, waveform.lag * 1000 / reference.sample_rate, envelope, envelope_ms)
        detail = {
            "corr": waveform.correlation,
            "corr_at_zero": waveform.at_zero,
            "trusted": doubt is None,
            "lag_env_ms": envelope_ms,
            "env_corr": envelope.correlation,
        }
        if doubt is not None:
            return NotApplicable(f"not trusted: {doubt}", {"lag_samples": waveform.lag, **detail})
        return Score(waveform.lag, detail=detail)


def _doubt(waveform: Peak, lag_ms: float, envelope: Peak, envelope_ms: float) -> str | None:
    """Why the waveform's lag may not be the delay of the codec; None where it is."""
    if waveform.correlation < LEAST_CORRELATION:
        return f"the waveforms' largest correlation is {waveform.correlation:.2f}"
    if waveform.at_edge:
        return f"the peak is at the edge of the search ({lag_ms:.0f} ms)"
    unchecked = envelope.correlation < LEAST_ENVELOPE_CORRELATION
    if abs(lag_ms - envelope_ms) > FARTHEST_MS and not (unchecked and waveform.correlation >= LEAST_CORRELATION_ALONE):
        found = f"{lag_ms:.1f} ms by the waveforms, {envelope_ms:.1f} ms by the envelopes"
        return f"{found} (correlations {waveform.correlation:.2f} and {envelope.correlation:.2f})"
    return None


def open_lag(names: Sequence[str], resources: Resources) -> Lag:
    """Loads the transforms."""
    return Lag()


PLUGIN = MetricPlugin(
    name="lag",
    scores=(
        ScoreSpec(
            name="lag_samples",
            title="Lag",
            summary="How late the decoded signal is, in samples at the evaluation rate, where that can be trusted.",
            higher_is_better=None,
            unit="samples",
            decimals=0,
            best=0.0,
            aggregate="median",
            of_waveform=True,
        ),
    ),
    open=open_lag,
    packages=("soxr",),
)
