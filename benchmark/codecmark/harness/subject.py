"""A codec under test, with what was promised of it, and how two of its answers are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from codecmark.core.audio import Audio
from codecmark.core.contracts import Codec
from codecmark.core.encoded import Codes, Encoded, Packets
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Setting
from codecmark.harness import signals

Status = Literal["pass", "fail", "not_applicable"]

ANY_RATE = 16000
"""The rate in Hz at which a setting is tried that takes whatever rate it is given."""
BYTE_FRAME_SECONDS = 0.02
"""The frame assumed of a byte codec, which declares none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a rule is kept, and one line about it."""

    status: Status
    detail: str


@dataclass(frozen=True)
class Subject:
    """An open codec, the setting it was opened as, its plug-in, and what it was opened with."""

    codec: Codec
    setting: Setting
    plugin: CodecPlugin
    resources: Resources
    random_weights: bool

    @property
    def card(self) -> Card:
        return self.plugin.card

    @property
    def sample_rate(self) -> int:
        return self.setting.sample_rate or ANY_RATE

    @property
    def frame_seconds(self) -> float:
        """Of the slowest stream, or of the shortest clip where that is filled up to more."""
        shortest = zip(self.plugin.frames(self.setting, 1), self.setting.streams, strict=True)
        return max((count / stream.frame_rate for count, stream in shortest), default=BYTE_FRAME_SECONDS)

    @property
    def exact(self) -> bool:
        """Whether repeated work must give equal bits; on a CUDA device the order of sums is not always the same."""
        return not self.resources.device.startswith("cuda")

    @cached_property
    def speech(self) -> Audio:
        return signals.speech_like(self.sample_rate, 2.0)

    @cached_property
    def encoded_speech(self) -> Encoded:
        return self.encode(self.speech)

    @cached_property
    def decoded_speech(self) -> Audio:
        return self.decode(self.encoded_speech)

    @cached_property
    def encoded_lengths(self) -> dict[int, Encoded]:
        """Speech of 20 frames, one sample more, one less, of less than a frame, of one sample; by samples given."""
        frame = round(self.frame_seconds * self.sample_rate)
        lengths = (20 * frame, 20 * frame + 1, 20 * frame - 1, max(frame // 2, 1), 1)
        return {samples: self.encode(self.speech.fit(samples)) for samples in lengths}

    def encode(self, audio: Audio) -> Encoded:
        (encoded,) = self.codec.encode([audio])
        return encoded

    def decode(self, encoded: Encoded) -> Audio:
        (decoded,) = self.codec.decode([encoded])
        return decoded


def share_differing(one: Encoded, other: Encoded) -> float:
    """Share of tokens that differ; 1 where bytes, lengths or side information do."""
    if isinstance(one, Packets) and isinstance(other, Packets):
        return float(one.payload != other.payload)
    if not (isinstance(one, Codes) and isinstance(other, Codes)) or one.side.keys() != other.side.keys():
        return 1.0
    if [len(stream) for stream in one.streams] != [len(stream) for stream in other.streams]:
        return 1.0
    if not all(np.allclose(one.side[name], other.side[name]) for name in one.side):
        return 1.0
    pairs = zip(one.streams, other.streams, strict=True)
    return float(np.mean(np.concatenate([first != second for first, second in pairs])))


def distance(one: Audio, other: Audio) -> float:
    """The largest difference of two samples; infinite where the lengths differ."""
    if one.samples.shape != other.samples.shape:
        return float("inf")
    return float(np.abs(one.samples - other.samples).max())
