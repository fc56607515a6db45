"""What is compared: a `Setting` of a codec, the `Card` of the people behind it, and the `Weights` it needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Option = str | int | float | bool
Batching = Literal["padded", "equal_length", "single"]
Kind = Literal["anchor", "classical", "neural", "lm", "demonstration"]
APART: frozenset[Kind] = frozenset({"anchor", "demonstration"})
"""Kinds that are listed apart and never ranked: what others are held against, and what shows how something is done."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of tokens: frames per second and the number of entries of its codebook."""

    frame_rate: float
    codebook_size: int

    @property
    def bits_per_second(self) -> float:
        return self.frame_rate * math.log2(self.codebook_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of a comparison: a codec at one bit rate, or a codec language model in one size.

    `sample_rate` is the rate in Hz of the audio a codec is given and gives back; None means whatever rate it is given,
    or for a language model that does not run here that it is not known. `streams` describe the tokens of a neural
    codec; a byte codec has none and states `nominal_kbps`. `survey_id` is the row of the survey's Tab.01 (A, B1 ...
    F6), if it is one. With `is_prefix` its streams are only the first of those of the setting called `name` (see
    `codebooks.py`).
    """

    model: str
    name: str
    sample_rate: int | None
    channels: int = 1
    streams: tuple[Stream, ...] = ()
    nominal_kbps: float | None = None
    options: Mapping[str, Option] = field(default_factory=dict)
    survey_id: str | None = None
    title: str | None = None
    is_prefix: bool = False

    @property
    def id(self) -> str:
        return f"{self.model}/{self.full_name}"

    @property
    def full_name(self) -> str:
        """The name, with the number of codebooks where it stands for the first ones only: `16khz@3`."""
        return f"{self.name}@{len(self.streams)}" if self.is_prefix else self.name

    @property
    def n_codebooks(self) -> int | None:
        """n_c of the survey: how many codebooks are sent."""
        return len(self.streams) or None

    @property
    def codebook_size(self) -> int | None:
        """Entries per codebook, where all are of one size."""
        sizes = {stream.codebook_size for stream in self.streams}
        return sizes.pop() if len(sizes) == 1 else None

    @property
    def frame_rate(self) -> float | None:
        """Frames per second, where all streams have one rate."""
        rates = {stream.frame_rate for stream in self.streams}
        return rates.pop() if len(rates) == 1 else None

    @property
    def kbps(self) -> float | None:
        """Bit rate in kbit/s: derived from the streams, or the nominal one of a byte codec."""
        if self.streams:
            return math.fsum(stream.bits_per_second for stream in self.streams) / 1000
        return self.nominal_kbps


@dataclass(frozen=True, slots=True)
class Delay:
    """A constant delay that an adapter removes: samples at the codec's rate, and how that number is known."""

    samples: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Whether a codec's first codebooks by themselves are a valid code of a lower rate, and how that is known."""

    valid: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Who stands behind a model, and what a reader should know before comparing it.

    `batching` says which batches give the same result as one clip at a time: `padded` any, `equal_length` only
    clips of one length, `single` none. `look_ahead_ms` is algorithmic, beyond the frame itself. `prefix` is None for a
    codec without codebooks, or where nobody knows. `provenance` says whose weights there are: official,
    official-retrained, partial, replica:REPOSITORY@COMMIT; submitted where there are only outputs, published where
    there are only papers.
    """

    title: str
    family: str
    kind: Kind
    summary: str
    paper: str | None = None
    url: str | None = None
    code_licence: str
    weights_licence: str | None = None
    training_data: str | None = None
    params: int | None = None
    causal: bool | None = None
    look_ahead_ms: float | None = None
    delay: Delay | None = None
    prefix: Prefix | None = None
    batching: Batching = "single"
    keeps_waveform: bool = True
    notes: tuple[str, ...] = ()
    provenance: str = "official"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """One file of a checkpoint: its name on disk, where it comes from, and what it must be.

    Either `url`, or `repo` and `revision` of a model hub with `name` as the path in it. `sha256` is None where its
    publisher gives none; then the hash found is recorded, not checked.
    """

    name: str
    url: str | None = None
    repo: str | None = None
    revision: str | None = None
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The files a model needs: together in a folder under the weights root or our cache, or, where they are of one hub
    repository, in the cache of that hub. The folder is called `name`, unless `folder` is the one of an archive in which
    several models are published together."""

    name: str
    files: tuple[WeightsFile, ...]
    source: str
    folder: str | None = None

    @property
    def place(self) -> str:
        """The folder's path under the weights root."""
        return self.folder or self.name


class WeightsState(StrEnum):
    """Whether a model's weights are here: `none` it needs none, `random` made up for timing, never scored."""

    NONE = "none"
    AVAILABLE = "available"
    MISSING = "missing"
    RANDOM = "random"
