"""What each kind of plug-in does: `Codec`, `CodecLM`, `Metric`, `Dataset`, `Executor`.

A plug-in is a cheap description (importable without torch) whose `open` returns one of these workers;
the descriptions are in `plugins.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from codecmark.core.audio import Audio
from codecmark.core.encoded import Encoded
from codecmark.core.items import Clip, Output, Request, Response
from codecmark.core.scores import Failure, NotApplicable, Score

Prepared = Any
"""Whatever a metric derives once from the reference half; only that metric looks inside."""


class Codec(Protocol):
    """One setting of a codec on one device."""

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        """Encodes mono audio at the setting's sample rate; one answer per clip, in order."""

    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        """Decodes to exactly `num_samples` of each `Encoded`, at the setting's sample rate, aligned in time."""


class Parts(Protocol):
    """The network of a neural codec taken apart, to hold each part against what its original gives.

    One clip at a time, as the original has it: nothing is filled up, cut or moved in time. `decoders` are the ways it
    knows from codes to samples, the usual one called ''. With `whole_frames` the adapter fills clips up to whole
    frames before they are encoded.
    """

    decoders: frozenset[str]
    whole_frames: bool

    def delay(self, num_samples: int) -> int:
        """Samples of delay that the adapter removes from what is decoded of a clip; below 0 it was early."""

    def latent(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Samples (samples,) to what is quantized, (channels, frames)."""

    def codes(self, samples: NDArray[np.float32], codebooks: int) -> NDArray[np.int64]:
        """Samples to the tokens of the first `codebooks`, (codebooks, frames)."""

    def decoded(
        self, codes: NDArray[np.int64], side: Mapping[str, NDArray[np.float32]], decoder: str
    ) -> NDArray[np.float32]:
        """Codes (codebooks, frames) and side information by name to samples (samples,)."""

    def codec(self, codebooks: int) -> Codec:
        """The adapter of this network, as a setting of so many codebooks has it."""


class CodecLM(Protocol):
    """One setting of a codec language model on one device."""

    def generate(self, batch: Sequence[Request]) -> Sequence[Response]:
        """Answers each request, in order; the same request and seed give the same response."""


class Metric(Protocol):
    """One evaluator; it may give several scores."""

    def prepare(self, item: Clip | Request) -> Prepared:
        """The reference half, once per item for all settings. The audio of a clip is mono at the evaluation rate."""

    def score(
        self, batch: Sequence[tuple[Prepared, Output]]
    ) -> Sequence[Mapping[str, Score | Failure | NotApplicable]]:
        """The answers by score name, one mapping per output, in order. May raise `ClipError` for a batch of one."""


class Dataset(Protocol):
    """One corpus, or one split of it."""

    def clips(self) -> Sequence[Clip]:
        """Every clip, in an order that does not change. Raises `DataError` saying where the corpus belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneReport:
    """What a lane says each time something is safely on disk: counts of cells since its last report."""

    lane: int
    what: str
    done: int = 0
    failed: int = 0
    error: str | None = None


Reports = Generator[LaneReport, None, None]
"""Reports as they come; closing it stops the work."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A device and the work it does in order. `work` can be pickled and reports as it goes."""

    index: int
    device: str
    work: Callable[[], Reports]


class Executor(Protocol):
    """A place where lanes run: this machine, a cluster."""

    def run(self, lanes: Sequence[Lane]) -> Reports:
        """Runs every lane to its end, yielding reports as they come; stops the lanes when closed early."""
