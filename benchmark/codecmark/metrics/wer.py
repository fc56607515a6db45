"""Word and character error rates of what Whisper hears in the decoded signal, and in the original beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError, WeightsMissing
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.reference import decoded_of, reference_of, refuse_silence
from codecmark.core.resources import Resources, file_sha256
from codecmark.core.scores import Failure, NotApplicable, Score
from codecmark.core.settings import Weights, WeightsFile, WeightsState

if TYPE_CHECKING:
    from codecmark.nn.wer import Transcript
    from codecmark.nn.whisper import Originals, Transcriber

ROLE, DEFAULT = "whisper", "large-v3"
"""What recent work on codecs and speech synthesis reports; on a CPU ask for a smaller one: whisper=base.en."""
PUBLISHED = {
    "tiny.en": "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03",
    "tiny": "65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9",
    "base.en": "25a8566e1d0c1e2231d1c762132cd20e0f96a85d16145c3a00adf5d1ac670ead",
    "base": "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e",
    "small.en": "f953ad0fd29cacd07d5a9eda5624af0f6bcf2258be67c92b79389873d91e0872",
    "small": "9ecf779972d90ba49c06d968637d720dd632c55bbf19d441fb42bf17a411e794",
    "medium.en": "d7440d1dc186f76616474e0ff0b3b6b879abc9d1a4926b7adfa41db2d497ab4f",
    "medium": "345ae4da62f9b3d59415adc60127b97c714f32e89e936602e85993674d08dcb1",
    "large-v1": "e4b87e7e0bf463eb8e6956e646f1e277e901512310def2c24bf0e11bd3c28e9a",
    "large-v2": "81f7c96c852ee8fc832187b0132e569d6c3065a3252ed18e56effd0b6a73e524",
    "large-v3": "e5b1a55b89c1367dacf97e3e19bfd829a01529dbfdeefa8caeb59b3f1b81dadb",
    "large-v3-turbo": "aff26ae408abcba5fbf8813c21e62b0941638c5f6eebfb145be0c9839262a19a",
}
"""Checkpoints by name, with the sha256 that is part of their address."""
SHORT = {"large": "large-v3", "turbo": "large-v3-turbo"}
ADDRESS = "https://openaipublic.azureedge.net/main/whisper/models"

Answer = Score | Failure | NotApplicable
_Silent = Failure | NotApplicable
"""Why there is nothing to listen to."""
_Text = str | _Silent


@dataclass(frozen=True, slots=True)
class _Half:
    """What was said, and the uncoded audio it was said in, or why there is none to listen to."""

    said: Transcript
    original: Audio | _Silent


class Wer:
    """One transcription of each output, and one of its original for all settings, serve every score wanted."""

    def __init__(self, names: Sequence[str], resources: Resources) -> None:
        from codecmark.nn import wer, whisper

        self._names = tuple(names)
        self._maths = wer
        self._transcriber = whisper.Transcriber(checkpoint(resources), resources.device)
        self._originals = whisper.Originals(self._transcriber, evaluator(resources))

    def prepare(self, item: Clip | Request) -> _Half | NotApplicable:
        """The transcript; not applicable without one, or in a language the checkpoint does not know."""
        said = self._maths.transcript_of(item)
        if isinstance(said, NotApplicable):
            return said
        if not self._transcriber.knows(said.language):
            return NotApplicable(f"this Whisper does not know the language '{said.language}'")
        return _Half(said, _original(item))

    def score(self, batch: Sequence[tuple[_Half | NotApplicable, Output]]) -> list[dict[str, Answer]]:
        """Silent outputs are typed failures, and not listened to: Whisper makes up words in silence."""
        asked = [(half, output) for half, output in batch if isinstance(half, _Half)]
        languages = [half.said.language for half, _ in asked]
        heard = _texts(self._transcriber, [_decoded(output) for _, output in asked], languages)
        beside: Sequence[_Text] = heard
        if any(name.endswith("_original") for name in self._names):
            beside = _texts(self._originals, [half.original for half, _ in asked], languages)
        rows = zip(asked, heard, beside, strict=True)
        answers = iter([self._answers(half.said, text, original) for (half, _), text, original in rows])
        return [next(answers) if isinstance(half, _Half) else dict.fromkeys(self._names, half) for half, _ in batch]

    def _answers(self, said: Transcript, heard: _Text, original: _Text) -> dict[str, Answer]:
        words = said.words(heard) if isinstance(heard, str) else heard
        answers: dict[str, Answer] = {
            "wer": words,
            "cer": said.characters(heard) if isinstance(heard, str) else heard,
            "wer_over_1": Score(float(words.value > 1)) if isinstance(words, Score) else words,
            "wer_original": said.words(original) if isinstance(original, str) else original,
            "cer_original": said.characters(original) if isinstance(original, str) else original,
        }
        return {name: answers[name] for name in self._names}


def _texts(
    listener: Transcriber | Originals, sounds: Sequence[Audio | _Silent], languages: Sequence[str]
) -> list[_Text]:
    """What is heard in each sound; what is no sound stays the answer it is."""
    spoken = [(sound, language) for sound, language in zip(sounds, languages, strict=True) if isinstance(sound, Audio)]
    texts = iter(listener.transcribe(spoken))
    return [next(texts) if isinstance(sound, Audio) else sound for sound in sounds]


def _decoded(output: Output) -> Audio | _Silent:
    try:
        audio = decoded_of(output)
        refuse_silence(audio, "decoded signal")
    except ClipError as error:
        return Failure("score", error.kind, error.message)
    return audio


def _original(item: Clip | Request) -> Audio | _Silent:
    if isinstance(item, Request) and item.reference is None:
        return NotApplicable("there is no original")
    audio = reference_of(item).audio()
    try:
        refuse_silence(audio, "reference")
    except ClipError as error:
        return Failure("score", error.kind, error.message)
    return audio


def weights(resources: Resources) -> Weights | None:
    """The published checkpoint that is asked for by name; None where a file is."""
    asked = resources.evaluators.get(ROLE, DEFAULT)
    name = SHORT.get(asked, asked)
    if name not in PUBLISHED:
        return None
    file = WeightsFile(name=f"{name}.pt", url=f"{ADDRESS}/{PUBLISHED[name]}/{name}.pt", sha256=PUBLISHED[name])
    return Weights(name=f"{ROLE}-{name}", files=(file,), source="github.com/openai/whisper, MIT")


def checkpoint(resources: Resources) -> Path:
    """The checkpoint's file: the one named, or a published one from the weights root, Whisper's own cache or ours.

    Raises `WeightsMissing` where there is none, `WeightsError` where it is not the published one.
    """
    published = weights(resources)
    if published is None:
        named = Path(resources.evaluators[ROLE])
        if not named.is_file():
            names = ", ".join([*PUBLISHED, *SHORT])
            raise WeightsMissing(f"no Whisper checkpoint '{named}': name a file, or one of {names}")
        return named
    whispers = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"
    roots = [resources.weights_root, resources.weights_root / ROLE] if resources.weights_root else []
    for root in (*roots, whispers):
        looking = replace(resources, weights_root=root)
        if looking.state(published) is WeightsState.AVAILABLE:
            return looking.weights_folder(published) / published.files[0].name
    return resources.weights_folder(published) / published.files[0].name


def evaluator(resources: Resources) -> str:
    """The checkpoint by its hash. Raises as `checkpoint`."""
    return f"whisper {file_sha256(checkpoint(resources))[:16]}"


def open_wer(names: Sequence[str], resources: Resources) -> Wer:
    """Loads the checkpoint on `resources.device`; errors as `checkpoint`."""
    return Wer(names, resources)


PLUGIN = MetricPlugin(
    name="wer",
    scores=(
        ScoreSpec(
            name="wer",
            title="WER",
            summary="Corpus word error rate of Whisper on the decoded speech, both sides in its normaliser's spelling.",
            higher_is_better=False,
            decimals=3,
            domains=("speech",),
        ),
        ScoreSpec(
            name="cer",
            title="CER",
            summary="Corpus character error rate of the same transcripts; the number to read for Mandarin.",
            higher_is_better=False,
            decimals=3,
            domains=("speech",),
        ),
        ScoreSpec(
            name="wer_original",
            title="WER (original)",
            summary="Corpus word error rate of Whisper on the uncoded speech: what the codec cannot be blamed for.",
            higher_is_better=None,
            decimals=3,
            domains=("speech",),
        ),
        ScoreSpec(
            name="cer_original",
            title="CER (original)",
            summary="Corpus character error rate of Whisper on the uncoded speech.",
            higher_is_better=None,
            decimals=3,
            domains=("speech",),
        ),
        ScoreSpec(
            name="wer_over_1",
            title="WER > 1",
            summary="Share of clips with more errors than words: Whisper made up a text. They are in the WER too.",
            higher_is_better=False,
            decimals=3,
            domains=("speech",),
        ),
    ),
    open=open_wer,
    place="device",
    packages=("openai-whisper", "jiwer", "soxr"),
    evaluator=evaluator,
    role=ROLE,
    weights=weights,
    cost=0.7,
)
