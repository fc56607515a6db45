"""Uniform quantisation of each sample: the plainest codec there is, one token per sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codecmark import Audio, Card, CodecPlugin, Codes, Packets, Resources, Setting, Stream

SAMPLE_RATE = 16000


class Bitcrush:
    """Mid-tread quantiser: index = round(x * half) + half, so that silence stays silence."""

    def __init__(self, setting: Setting, resources: Resources) -> None:
        self.half = setting.streams[0].codebook_size // 2

    def encode(self, batch: Sequence[Audio]) -> list[Codes]:
        return [self._encode(audio) for audio in batch]

    def decode(self, batch: Sequence[Codes | Packets]) -> list[Audio]:
        return [self._decode(codes) for codes in batch]

    def _encode(self, audio: Audio) -> Codes:
        tokens = np.clip(np.rint(audio.samples[0] * self.half) + self.half, 0, 2 * self.half - 1)
        return Codes([tokens.astype(np.int32)], (2 * self.half,), audio.num_samples)

    def _decode(self, codes: Codes | Packets) -> Audio:
        assert isinstance(codes, Codes)
        return Audio((codes.streams[0] - self.half) / self.half, SAMPLE_RATE)


PLUGIN = CodecPlugin(
    name="bitcrush",
    card=Card(
        title="Uniform quantisation",
        family="bitcrush",
        kind="anchor",
        summary="Every sample rounded to 4 or 8 bits.",
        code_licence="Apache-2.0",
        causal=True,
        look_ahead_ms=0.0,
        batching="padded",
        provenance="example plug-in",
    ),
    settings=tuple(
        Setting(model="bitcrush", name=f"{bits}bit", sample_rate=SAMPLE_RATE, streams=(Stream(SAMPLE_RATE, 2**bits),))
        for bits in (4, 8)
    ),
    open=Bitcrush,
)
