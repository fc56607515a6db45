"""What a codec language model is asked to do: the acts of the survey's Tab.03, what each needs and what it returns."""

from __future__ import annotations

from dataclasses import dataclass

from codecmark.core.errors import ClipError, UnknownName
from codecmark.core.items import Request, Response

RESYNTHESIS = "resynthesis"
"""The act of a codec: what comes out should be what went in. Any other is asked of a codec language model."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `needs` are the fields of a `Request` that must be there, `may` those that a model may use as well; of
    what a clip holds it is given no others, for they could be the answer. `returns` are the fields of a `Response` that
    must be there, and `channels` how many its audio has at least.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    returns: tuple[str, ...] = ("audio",)
    channels: int = 1

    @property
    def uses(self) -> frozenset[str]:
        """The fields of a `Request` that it has use for."""
        return frozenset((*self.needs, *self.may))


_LANGUAGES = ("source_language", "target_language")
_GENERATION = ("text", "max_seconds")

ACTS = {
    act.name: act
    for act in (
        Act("SC", "speech continuation", ("audio", "max_seconds")),
        Act("PC", "piano continuation", ("audio", "max_seconds")),
        Act("AC", "audio continuation", ("audio", "text", "max_seconds")),
        Act("TTS", "text-to-speech", ("text", "prompt", "prompt_text"), ("phonemes", *_LANGUAGES)),
        Act("MG", "music generation", _GENERATION, ("prompt",)),
        Act("SG", "stereophonic generation", _GENERATION, ("prompt",), channels=2),
        Act("S2ST", "speech to speech translation", ("audio", *_LANGUAGES)),
        Act("ASR", "automatic speech recognition", ("audio",), ("source_language",), ("text",)),
        Act("SLU", "spoken language understanding", ("audio",), ("source_language",), ("labels",)),
        Act("AAC", "automated audio captioning", ("audio",), returns=("text",)),
        Act("S2TT", "speech to text translation", ("audio", *_LANGUAGES), returns=("text",)),
        Act("MT", "machine translation", ("text", *_LANGUAGES), returns=("text",)),
        Act("SE", "speech enhancement", ("audio",)),
        Act("SR", "speech removal", ("audio",)),
        Act("TSE", "target speaker extraction", ("audio", "prompt")),
        Act("SPED", "speech editing", ("audio", "text", "edit_span"), ("prompt_text",)),
        Act("VC", "voice conversion", ("audio", "prompt")),
        Act("SVS", "singing voice synthesis", ("phonemes", "midi", "prompt")),
        Act("TTSO", "text-to-sound", _GENERATION, ("prompt",)),
        Act("TTM", "text-to-music", _GENERATION, ("prompt",)),
        Act("AUED", "audio editing", ("audio", "instruction", "edit_span")),
        Act("SD", "speech dereverberation", ("audio",)),
        Act("ITTS", "instructed TTS", ("text", "instruction"), ("phonemes",)),
        Act("SER", "speech emotion recognition", ("audio",), returns=("labels",)),
    )
}
"""By the survey's abbreviations, in the order of its section 3.2, and SER, which only its table has."""


def act(name: str) -> Act:
    """The act of that name. Raises `UnknownName`."""
    if name not in ACTS:
        raise UnknownName("act", name, ACTS)
    return ACTS[name]


def check_request(request: Request) -> None:
    """Raises `ClipError` for a request that lacks what its act needs, `UnknownName` for an act that there is not."""
    for name in act(request.act).needs:
        if getattr(request, name) in (None, "", ()):
            raise ClipError("incomplete_request", f"{request.act} needs '{name}', which '{request.id}' has not")


def check_response(name: str, response: Response) -> None:
    """Raises `ClipError` for a response without what the act of that name returns; no words heard are an answer too."""
    wanted = act(name)
    for field in wanted.returns:
        if getattr(response, field) is None:
            raise ClipError("incomplete_response", f"{name} returns '{field}', which the answer has not")
    if response.audio is not None and response.audio.channels < wanted.channels:
        raise ClipError(
            "incomplete_response",
            f"{name} returns audio of {wanted.channels} channels, the answer has {response.audio.channels}",
        )
