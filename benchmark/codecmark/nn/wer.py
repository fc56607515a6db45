"""Word and character errors: transcripts brought to one spelling by Whisper's normalisers, and their edits counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import jiwer
from whisper.normalizers import BasicTextNormalizer, EnglishTextNormalizer
from whisper.tokenizer import TO_LANGUAGE_CODE

from codecmark.core.items import Clip, Request
from codecmark.core.scores import NotApplicable, Score

UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my"})
"""Languages written without spaces between words: only their characters can be counted."""
SAME_LANGUAGE: dict[str, str] = {**TO_LANGUAGE_CODE, "cmn": "zh", "eng": "en"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What is said in a clip: `raw` as its corpus writes it, `normal` after the named normaliser; never empty."""

    raw: str
    normal: str
    language: str
    normaliser: str

    def words(self, hypothesis: str) -> Score | NotApplicable:
        """Edits over words of this clip, weighed by its words: the weighted mean over clips is the corpus WER."""
        if self.language in UNSPACED:
            return NotApplicable(f"no spaces between words in '{self.language}': see its CER")
        counted = jiwer.process_words(self.normal, normalised(hypothesis, self.language))
        return self._score(counted, "words", hypothesis)

    def characters(self, hypothesis: str) -> Score:
        """Edits over characters, weighed likewise; spaces count where the language has them."""
        counted = jiwer.process_characters(self.normal, normalised(hypothesis, self.language))
        return self._score(counted, "characters", hypothesis)

    def _score(self, counted: jiwer.WordOutput | jiwer.CharacterOutput, unit: str, hypothesis: str) -> Score:
        length = counted.hits + counted.substitutions + counted.deletions
        detail = {
            "substitutions": counted.substitutions,
            "deletions": counted.deletions,
            "insertions": counted.insertions,
            "hits": counted.hits,
            unit: length,
            "hypothesis": hypothesis,
            "reference": self.raw,
            "normaliser": self.normaliser,
        }
        errors = counted.substitutions + counted.deletions + counted.insertions
        return Score(errors / length, weight=length, detail=detail)


def transcript_of(item: Clip | Request) -> Transcript | NotApplicable:
    """What should be heard in an output for this item. A language that is not stated is taken for English."""
    known = item.reference if isinstance(item, Request) else item
    raw = item.text or (known.text if known else None)
    language = code_of((known.language if known else None) or "en")
    if raw is None:
        return NotApplicable("no transcript")
    normal = normalised(raw, language)
    if not normal:
        return NotApplicable("nothing is left of the transcript after normalising")
    normaliser = "whisper-english" if language == "en" else "whisper-basic"
    return Transcript(raw=raw, normal=normal, language=language, normaliser=normaliser)


def code_of(language: str) -> str:
    """The code by which Whisper knows a language: `en` of `en-GB` or `English`, `zh` of `cmn`."""
    word = language.lower().replace("_", "-").partition("-")[0]
    return SAME_LANGUAGE.get(word, word)


def normalised(text: str, language: str) -> str:
    """A text in the spelling errors are counted in (Radford et al. 2022, appendix C).

    Traditional and simplified characters, and numbers in words and in digits, are told apart in all but English.
    """
    words = _normaliser(language == "en")(text).split()
    return ("" if language in UNSPACED else " ").join(words)


@lru_cache(maxsize=2)
def _normaliser(english: bool) -> Callable[[str], str]:
    normaliser: Callable[[str], str] = EnglishTextNormalizer() if english else BasicTextNormalizer()
    return normaliser
