"""Speaker similarity by ECAPA-TDNN, trained on VoxCeleb: whether the decoded voice is still that of the speaker."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError, WeightsMissing
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.reference import decoded_of, reference_of, refuse_silence
from codecmark.core.resources import Resources, file_sha256
from codecmark.core.scores import Failure, Score
from codecmark.core.settings import Weights, WeightsFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROLE, DEFAULT = "ecapa", "speechbrain/spkrec-ecapa-voxceleb"
REVISION = "0f99f2d0ebe89ac095bcc5903c4dd8f72b367286"
YAML, CHECKPOINT = "hyperparams.yaml", "embedding_model.ckpt"
PUBLISHED = {
    YAML: "6f78854fa04ba59e761437b76a2575d3aba5e5016de3e9b69f0c9a5077fb1a41",
    CHECKPOINT: "0575cb64845e6b9a10db9bcb74d5ac32b326b8dc90352671d345e2ee3d0126a2",
    "mean_var_norm_emb.ckpt": "cd70225b05b37be64fc5a95e24395d804231d43f74b2e1e5a513db7b69b34c33",
    "classifier.ckpt": "fd9e3634fe68bd0a427c95e354c0c677374f62b3f434e45b78599950d860d535",
    "label_encoder.txt": "e13c3a167bb4112685670ee896d20e2b565af16b3a4ceeaa8689fa4d22adb8b9",
}
"""Its files by name, with their sha256. Only the first two matter for the number, but speechbrain asks for all."""
SHORTEST_SECONDS = 0.1


@dataclass(slots=True)
class _Reference:
    """The reference, or why it has no embedding; the embedding comes with the first batch it is scored in."""

    sound: Audio | Failure
    embedding: NDArray[np.float32] | None = None


class SimEcapa:
    """Cosine of the embeddings of reference and decoded signal, both at 16 kHz."""

    def __init__(self, resources: Resources) -> None:
        from codecmark.nn import ecapa

        self._embedder = ecapa.Embedder(folder(resources), resources.device)

    def prepare(self, item: Clip | Request) -> _Reference:
        """Keeps the reference until it can be embedded in a batch with others."""
        try:
            return _Reference(_audible(reference_of(item).audio(), "reference"))
        except ClipError as error:
            return _Reference(Failure("score", error.kind, error.message))

    def score(self, batch: Sequence[tuple[_Reference, Output]]) -> list[dict[str, Score | Failure]]:
        """Silent and too short signals are typed failures of their clip."""
        self._embed_references([reference for reference, _ in batch])
        decoded = [_decoded(output) for _, output in batch]
        embedded = iter(self._embed([sound for sound in decoded if isinstance(sound, Audio)]))
        answers: list[dict[str, Score | Failure]] = []
        for (reference, _), sound in zip(batch, decoded, strict=True):
            embedding = next(embedded) if isinstance(sound, Audio) else sound
            answers.append({"sim_ecapa": _similarity(reference, embedding)})
        return answers

    def _embed_references(self, references: Sequence[_Reference]) -> None:
        new = [one for one in references if one.embedding is None and isinstance(one.sound, Audio)]
        found = self._embed([one.sound for one in new if isinstance(one.sound, Audio)])
        for one, embedding in zip(new, found, strict=True):
            one.embedding = embedding

    def _embed(self, sounds: Sequence[Audio]) -> Sequence[NDArray[np.float32]]:
        return list(self._embedder.embed(sounds)) if sounds else []


def _similarity(reference: _Reference, decoded: NDArray[np.float32] | Failure) -> Score | Failure:
    if isinstance(reference.sound, Failure):
        return reference.sound
    if isinstance(decoded, Failure):
        return decoded
    assert reference.embedding is not None
    return Score(float(reference.embedding @ decoded))


def _decoded(output: Output) -> Audio | Failure:
    try:
        return _audible(decoded_of(output), "decoded signal")
    except ClipError as error:
        return Failure("score", error.kind, error.message)


def _audible(audio: Audio, side: str) -> Audio:
    refuse_silence(audio, side)
    if audio.seconds < SHORTEST_SECONDS:
        raise ClipError("too_short", f"the {side} has {audio.seconds:.3f} s, ECAPA needs {SHORTEST_SECONDS} s")
    return audio


def weights(resources: Resources) -> Weights | None:
    """The published network; None where a folder is named instead."""
    if resources.evaluators.get(ROLE, DEFAULT) != DEFAULT:
        return None
    files = tuple(
        WeightsFile(name=name, repo=DEFAULT, revision=REVISION, sha256=sha256) for name, sha256 in PUBLISHED.items()
    )
    return Weights(name=ROLE, files=files, source=f"{DEFAULT} on the Hugging Face hub, Apache-2.0")


def folder(resources: Resources) -> Path:
    """The folder of the network: the one named, or the published one.

    Raises `WeightsMissing` where there is none, `WeightsError` where a file is not the published one.
    """
    published = weights(resources)
    if published is not None:
        return resources.weights_folder(published)
    named = Path(resources.evaluators[ROLE])
    for name in (YAML, CHECKPOINT):
        if not (named / name).is_file():
            raise WeightsMissing(f"no {name} in '{named}': name a folder that has it, or {DEFAULT}")
    return named


def evaluator(resources: Resources) -> str:
    """The network by the hash of what decides the number. Raises as `folder`."""
    place = folder(resources)
    hashes = "".join(file_sha256(place / name) for name in (YAML, CHECKPOINT))
    return f"ecapa {hashlib.sha256(hashes.encode()).hexdigest()[:16]}"


def open_sim_ecapa(names: Sequence[str], resources: Resources) -> SimEcapa:
    """Loads the network on `resources.device`; errors as `folder`."""
    return SimEcapa(resources)


PLUGIN = MetricPlugin(
    name="sim_ecapa",
    scores=(
        ScoreSpec(
            name="sim_ecapa",
            title="SIM (ECAPA)",
            summary="Speaker similarity: cosine of ECAPA-TDNN embeddings of reference and decoded speech.",
            higher_is_better=True,
            decimals=3,
            best=1.0,
            domains=("speech",),
        ),
    ),
    open=open_sim_ecapa,
    place="device",
    packages=("speechbrain", "soxr"),
    evaluator=evaluator,
    role=ROLE,
    weights=weights,
    cost=0.05,
)
