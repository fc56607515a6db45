"""What a model is given and what it gave: `Clip`, `Request`, `Response`, `Output`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from codecmark.core.audio import Audio
from codecmark.core.encoded import Encoded

Domain = Literal["speech", "music", "sound"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One item of a corpus. `load` reads its audio when it is wanted and can be pickled (a `partial` of a function).

    `sha256` is of the stored file, for an excerpt with its place in it; `seconds` its length, for selection and
    ordering. `source_rate` is the rate in Hz the audio was recorded at, where `load` gives another one.
    """

    id: str
    load: Callable[[], Audio]
    seconds: float
    sha256: str
    text: str | None = None
    speaker: str | None = None
    language: str | None = None
    domain: Domain = "speech"
    source_rate: int | None = None

    def audio(self) -> Audio:
        return self.load()


class Note(NamedTuple):
    """A note to sing: its MIDI number, and when it begins and how long it lasts in seconds."""

    pitch: int
    start: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a codec language model is asked: one item of an act (TTS, SE, ...; see `acts.py`); fields that the act has
    no use for are None.

    `prompt` is a voice or a melody to follow, `edit_span` the beginning and end in seconds of what is to be changed,
    `max_seconds` how long the answer may be. `reference` is the ground truth it is compared with, if there is one; the
    model never sees it.
    """

    id: str
    act: str
    text: str | None = None
    phonemes: tuple[str, ...] | None = None
    midi: tuple[Note, ...] | None = None
    instruction: str | None = None
    audio: Audio | None = None
    prompt: Audio | None = None
    prompt_text: str | None = None
    edit_span: tuple[float, float] | None = None
    source_language: str | None = None
    target_language: str | None = None
    max_seconds: float | None = None
    seed: int = 0
    reference: Clip | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a codec language model gave. With `includes_prompt` the harness cuts the prompt before scoring."""

    audio: Audio | None = None
    text: str | None = None
    labels: Mapping[str, str] | None = None
    encoded: Encoded | None = None
    includes_prompt: bool = False
    generated_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds of repeated runs over a batch of one item, nothing else inside the timed region; for a language model all
    of the time is decoding.

    `audio_seconds` are those of the whole batch. `peak_bytes` is device memory on CUDA, the resident set of the process
    on a CPU. `limit` says what kept a larger batch out, where one was looked for. `parameters` and `precision` are of
    the model's networks, where it has some.
    """

    audio_seconds: float
    encode_seconds: tuple[float, ...] = ()
    decode_seconds: tuple[float, ...] = ()
    peak_bytes: int | None = None
    batch: int = 1
    limit: str = ""
    parameters: int | None = None
    precision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What came out for one item: what a metric scores. `audio` is at the task's evaluation rate, mono,
    and as long as the reference where there is one. `timing` is of the item alone, `batch_timing` of as many copies of
    it as fit."""

    id: str
    audio: Audio | None = None
    text: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    encoded: Encoded | None = None
    timing: Timing | None = None
    batch_timing: Timing | None = None
