"""A codec that copies, and needs a file of weights whose sha256 is pinned; made-up weights will do to be timed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from codecmark import Audio, Card, CodecPlugin, Packets, Resources, Setting, Weights, WeightsFile
from codecmark.nn.pcm import FloatPcm

CONTENT = b"these are the weights"
FILE = WeightsFile(name="needy.bin", sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT))
WEIGHTS = Weights(name="needy", files=(FILE,), source="the tests")


class Needy:
    def __init__(self, setting: Setting, resources: Resources) -> None:
        if setting.name == "strict" or not resources.random_weights:
            resources.weights_folder(WEIGHTS)
        self._pcm = FloatPcm()

    def encode(self, batch: Sequence[Audio]) -> Sequence[object]:
        return self._pcm.encode(batch)

    def decode(self, batch: Sequence[Packets]) -> Sequence[Audio]:
        return self._pcm.decode(batch)


PLUGIN = CodecPlugin(
    name="needy",
    card=Card(title="Needy", family="Test", kind="neural", summary="", code_licence="Apache-2.0"),
    settings=tuple(Setting(model="needy", name=name, sample_rate=16000) for name in ("lenient", "strict")),
    open=Needy,  # type: ignore[arg-type]
    weights=lambda setting: WEIGHTS,
)
