"""A codec of eight codebooks: the bits of a sample, the first one first; the first n of them are n-bit PCM.

Some of its settings have room for a few clips at a time only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codecmark import Audio, Card, CodecPlugin, Codes, Encoded, Prefix, Resources, Setting, Stream

RATE, BITS = 8000, 8
ROOM = {"pcm": 10_000, "narrow": 5, "cramped": 1, "full": 0}
"""How many clips a setting takes at a time."""
BATCHES: list[tuple[str, int]] = []
"""Every batch that was tried, by setting and size."""


class Layered:
    def __init__(self, setting: Setting, resources: Resources) -> None:
        self.setting = setting
        self.codebooks = len(setting.streams)

    def _take(self, batch: Sequence[object]) -> None:
        import torch

        BATCHES.append((self.setting.id, len(batch)))
        if len(batch) > ROOM[self.setting.name]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        self._take(batch)
        return [self._encode(audio) for audio in batch]

    def _encode(self, audio: Audio) -> Codes:
        steps = np.clip((audio.samples[0] + 1) / 2 * 2**BITS, 0, 2**BITS - 1).astype(np.int64)
        streams = [(steps >> (BITS - 1 - index)) & 1 for index in range(self.codebooks)]
        return Codes(streams, (2,) * self.codebooks, audio.num_samples)

    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        return [self._decode(codes) for codes in batch if isinstance(codes, Codes)]

    def _decode(self, codes: Codes) -> Audio:
        whole = sum(stream / 2.0 ** (index + 1) for index, stream in enumerate(codes.streams))
        return Audio(2 * (whole + 0.5 / 2**self.codebooks) - 1, RATE)


PLUGIN = CodecPlugin(
    name="layered",
    card=Card(
        title="Layered",
        family="Test",
        kind="neural",
        summary="",
        code_licence="Apache-2.0",
        prefix=Prefix(True, "each bit halves the step"),
        batching="padded",
    ),
    settings=tuple(
        Setting(model="layered", name=name, sample_rate=RATE, streams=(Stream(RATE, 2),) * BITS, options={"room": room})
        for name, room in ROOM.items()
    ),
    open=Layered,
)
