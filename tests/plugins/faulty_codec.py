"""A codec that copies, except that each of its settings breaks one promise when it meets a loud clip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from codecmark import Audio, Card, CodecPlugin, Packets, Resources, Setting

RATE = 16000
LOUD = 0.9
FAULTS = ("none", "open", "raises", "memory", "few", "nothing", "hole", "bytes", "length", "stereo", "rate", "nan")


class Faulty:
    def __init__(self, setting: Setting, resources: Resources) -> None:
        self.fault = setting.name
        if self.fault == "open":
            raise RuntimeError("the model\nis not in a mood")

    def encode(self, batch: Sequence[Audio]) -> Any:
        loud = any(audio.peak > LOUD for audio in batch)
        if loud and self.fault == "raises":
            raise ValueError("too loud\nfor me")
        if loud and self.fault == "memory":
            raise MemoryError
        encoded = [Packets((audio.samples.tobytes(),), audio.num_samples) for audio in batch]
        return encoded[:-1] if loud and self.fault == "few" else encoded

    def decode(self, batch: Sequence[Packets]) -> Any:
        decoded = [np.frombuffer(b"".join(sent.payload), np.float32) for sent in batch]
        if self.fault == "nothing" and any(np.abs(samples).max() > LOUD for samples in decoded):
            return None
        return [self._audio(samples) for samples in decoded]

    def _audio(self, samples: Any) -> Any:
        fault = self.fault if np.abs(samples).max() > LOUD else ""
        if fault == "hole":
            return None
        if fault == "bytes":
            return samples.tobytes()
        if fault == "nan":
            return Audio(np.where(np.arange(len(samples)) == 7, np.nan, samples), RATE)
        if fault == "stereo":
            return Audio(np.stack([samples, samples]), RATE)
        return Audio(samples[:-1] if fault == "length" else samples, RATE // 2 if fault == "rate" else RATE)


PLUGIN = CodecPlugin(
    name="faulty",
    card=Card(title="Faulty", family="Test", kind="anchor", summary="", code_licence="Apache-2.0", batching="padded"),
    settings=tuple(Setting(model="faulty", name=fault, sample_rate=RATE) for fault in FAULTS),
    open=Faulty,  # type: ignore[arg-type]  # it keeps no contract: that is the point
)
