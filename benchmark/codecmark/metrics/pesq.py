"""PESQ: perceptual evaluation of speech quality, wide-band (ITU-T P.862.2) and narrow-band (P.862 with P.862.1).

The `pesq` package writes past its arrays on clips of very many utterances and may take the process with it: it runs in
workers that may die.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.reference import decoded_of, reference_of, refuse_silence
from codecmark.core.resources import Resources
from codecmark.core.scores import Failure, NotApplicable, Score

SHORTEST_SECONDS = 0.25
"""P.862 has no answer for less."""


@dataclass(frozen=True, slots=True)
class _Band:
    mode: Literal["wb", "nb"]
    sample_rate: int
    word: str


BANDS = {"pesq_wb": _Band("wb", 16000, "wide-band"), "pesq_nb": _Band("nb", 8000, "narrow-band")}

Half = Mapping[str, NDArray[np.float32] | NotApplicable]
"""The reference at the rate of each score wanted, or why that score does not apply."""


class Pesq:
    """PESQ of each output against its reference, both resampled from the evaluation rate to 16 or 8 kHz."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def prepare(self, item: Clip | Request) -> Half:
        """Raises `ClipError` for a silent or too short reference."""
        clip = reference_of(item)
        audio = clip.audio()
        refuse_silence(audio, "reference")
        if audio.seconds < SHORTEST_SECONDS:
            raise ClipError("too_short", f"PESQ needs {SHORTEST_SECONDS} s, the clip has {audio.seconds:.3f} s")
        rate = min(clip.source_rate or audio.sample_rate, audio.sample_rate)
        return {name: _reference(audio, rate, BANDS[name]) for name in self.names}

    def score(self, batch: Sequence[tuple[Half, Output]]) -> list[dict[str, Score | Failure | NotApplicable]]:
        """A score and a failure of one band do not touch the other."""
        return [self._answers(half, decoded_of(output)) for half, output in batch]

    def _answers(self, half: Half, decoded: Audio) -> dict[str, Score | Failure | NotApplicable]:
        refuse_silence(decoded, "decoded signal")
        return {
            name: reference if isinstance(reference, NotApplicable) else _pesq(reference, decoded, BANDS[name])
            for name, reference in half.items()
        }


def _reference(audio: Audio, rate: int, band: _Band) -> NDArray[np.float32] | NotApplicable:
    if rate < band.sample_rate:
        return NotApplicable(f"reference is at {rate} Hz: {band.word} PESQ needs {band.sample_rate}")
    samples: NDArray[np.float32] = audio.resample(band.sample_rate).samples[0]
    return samples


def _pesq(reference: NDArray[np.float32], decoded: Audio, band: _Band) -> Score | Failure:
    import pesq  # here, because it is compiled and listing metrics must not need it

    try:
        value = float(pesq.pesq(band.sample_rate, reference, decoded.resample(band.sample_rate).samples[0], band.mode))
    except pesq.NoUtterancesError:
        return Failure("score", "no_utterances", "PESQ found no utterance in the reference")
    except pesq.BufferTooShortError:
        return Failure("score", "too_short", f"PESQ needs {SHORTEST_SECONDS} s at {band.sample_rate} Hz")
    except pesq.PesqError as error:
        return Failure("score", "pesq", f"PESQ refused the clip ({type(error).__name__})")
    except ValueError as error:  # "cannot convert float NaN to integer", when nothing of a signal is left in the band
        return Failure("score", "not_finite", f"PESQ came to no finite number: {error}")
    if not math.isfinite(value):
        return Failure("score", "not_finite", f"PESQ came to no finite number: {value}")
    return Score(value)


def open_pesq(names: Sequence[str], resources: Resources) -> Pesq:
    """Nothing to load."""
    return Pesq(names)


PLUGIN = MetricPlugin(
    name="pesq",
    scores=(
        ScoreSpec(
            name="pesq_wb",
            title="PESQ-WB",
            summary="Wide-band PESQ at 16 kHz (ITU-T P.862.2), MOS-LQO from 1.04 to 4.64.",
            higher_is_better=True,
            unit="MOS-LQO",
            best=4.643888,
            domains=("speech",),
        ),
        ScoreSpec(
            name="pesq_nb",
            title="PESQ-NB",
            summary="Narrow-band PESQ at 8 kHz (ITU-T P.862 mapped by P.862.1), MOS-LQO from 1.02 to 4.55.",
            higher_is_better=True,
            unit="MOS-LQO",
            best=4.548638,
            domains=("speech",),
        ),
    ),
    open=open_pesq,
    packages=("pesq", "soxr"),
    cost=0.05,
)
