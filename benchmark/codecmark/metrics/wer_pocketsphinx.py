"""Word errors heard by PocketSphinx: for machines without any hub. Its numbers compare with no one else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from codecmark.core.extras import require
from codecmark.core.items import Clip, Output, Request
from codecmark.core.plugins import MetricPlugin, ScoreSpec
from codecmark.core.reference import decoded_of, refuse_silence
from codecmark.core.resources import Resources
from codecmark.core.scores import NotApplicable, Score

if TYPE_CHECKING:
    from codecmark.nn.wer import Transcript


class WerPocketsphinx:
    """What PocketSphinx hears in each output against what was said, both in the spelling of Whisper's normaliser."""

    def __init__(self, names: Sequence[str]) -> None:
        from codecmark.nn import pocketsphinx, wer

        self._names = tuple(names)
        self._maths = wer
        self._recogniser = pocketsphinx.Recogniser()

    def prepare(self, item: Clip | Request) -> Transcript | NotApplicable:
        """The transcript; not applicable where there is none, or none in English."""
        said = self._maths.transcript_of(item)
        if not isinstance(said, NotApplicable) and said.language != "en":
            return NotApplicable(f"PocketSphinx listens for English, the clip is in '{said.language}'")
        return said

    def score(
        self, batch: Sequence[tuple[Transcript | NotApplicable, Output]]
    ) -> list[Mapping[str, Score | NotApplicable]]:
        """Raises `ClipError` for a silent output."""
        return [self._answers(said, output) for said, output in batch]

    def _answers(self, said: Transcript | NotApplicable, output: Output) -> Mapping[str, Score | NotApplicable]:
        if isinstance(said, NotApplicable):
            return dict.fromkeys(self._names, said)
        audio = decoded_of(output)
        refuse_silence(audio, "decoded signal")
        heard = self._recogniser.transcribe(audio)
        return {"wer_pocketsphinx": said.words(heard), "cer_pocketsphinx": said.characters(heard)}


def open_wer_pocketsphinx(names: Sequence[str], resources: Resources) -> WerPocketsphinx:
    """Loads the model in the wheel. Raises `WeightsMissing` where the package is not installed."""
    evaluator(resources)
    return WerPocketsphinx(names)


def evaluator(resources: Resources) -> str:
    """The only model there is. Raises `WeightsMissing` where the package is not installed."""
    require("offline", "pocketsphinx")
    return "pocketsphinx en-us"


PLUGIN = MetricPlugin(
    name="wer_pocketsphinx",
    scores=(
        ScoreSpec(
            name="wer_pocketsphinx",
            title="WER (PocketSphinx)",
            summary="Corpus word error rate of PocketSphinx, which needs no download; compare within this column only.",
            higher_is_better=False,
            decimals=3,
            domains=("speech",),
        ),
        ScoreSpec(
            name="cer_pocketsphinx",
            title="CER (PocketSphinx)",
            summary="Corpus character error rate of PocketSphinx; compare within this column only.",
            higher_is_better=False,
            decimals=3,
            domains=("speech",),
        ),
    ),
    open=open_wer_pocketsphinx,
    packages=("pocketsphinx", "openai-whisper", "jiwer", "soxr"),
    evaluator=evaluator,
    cost=0.5,
)
