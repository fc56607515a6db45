"""Speaker similarity by Resemblyzer: for machines without any hub. An older encoder than ECAPA: same speakers are at
0.88 and different ones at 0.53 on average (LibriSpeech test-other), so what matters lies in the upper half."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError
from codecmark.core.extras import require
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.reference import decoded_of, reference_of, refuse_silence
from codecmark.core.resources import Resources
from codecmark.core.scores import Failure, Score

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SimResemblyzer:
    """Cosine of the embeddings of reference and decoded signal, both at 16 kHz."""

    def __init__(self, device: str) -> None:
        from codecmark.nn import resemblyzer

        self._encoder = resemblyzer.Encoder(device)

    def prepare(self, item: Clip | Request) -> NDArray[np.float32] | Failure:
        """The embedding of the reference, or why it has none."""
        try:
            return self._embed(reference_of(item).audio(), "reference")
        except ClipError as error:
            return Failure("score", error.kind, error.message)

    def score(self, batch: Sequence[tuple[NDArray[np.float32] | Failure, Output]]) -> list[dict[str, Score | Failure]]:
        """Silence, and signals in which no voice is heard, are typed failures of their clip."""
        return [{"sim_resemblyzer": self._answer(reference, output)} for reference, output in batch]

    def _answer(self, reference: NDArray[np.float32] | Failure, output: Output) -> Score | Failure:
        if isinstance(reference, Failure):
            return reference
        try:
            return Score(float(reference @ self._embed(decoded_of(output), "decoded signal")))
        except ClipError as error:
            return Failure("score", error.kind, error.message)

    def _embed(self, audio: Audio, side: str) -> NDArray[np.float32]:
        refuse_silence(audio, side)
        try:
            return self._encoder.embed(audio)
        except ClipError as error:
            raise ClipError(error.kind, f"the {side}: {error.message}") from error


def open_sim_resemblyzer(names: Sequence[str], resources: Resources) -> SimResemblyzer:
    """Loads the network on `resources.device`. Raises `WeightsMissing` where the package is not installed."""
    evaluator(resources)
    return SimResemblyzer(resources.device)


def evaluator(resources: Resources) -> str:
    """The only network there is. Raises `WeightsMissing` where the package, or one it needs, is not installed."""
    require("offline", "resemblyzer", "webrtcvad", "pkg_resources")  # webrtcvad imports what setuptools 81 dropped
    return "resemblyzer pretrained"


PLUGIN = MetricPlugin(
    name="sim_resemblyzer",
    scores=(
        ScoreSpec(
            name="sim_resemblyzer",
            title="SIM (Resemblyzer)",
            summary="Speaker similarity by Resemblyzer, which needs no download; compare within this column only.",
            higher_is_better=True,
            decimals=3,
            best=1.0,
            domains=("speech",),
        ),
    ),
    open=open_sim_resemblyzer,
    place="device",
    packages=("resemblyzer", "librosa", "soxr"),
    evaluator=evaluator,
    cost=0.05,
)
