"""Making outputs: batches under the codec's own rule, and a clip that raises costs only itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from codecmark.core.acts import check_response
from codecmark.core.audio import Audio
from codecmark.core.contracts import Codec, CodecLM
from codecmark.core.encoded import Codes, Encoded, Packets
from codecmark.core.errors import ClipError, PluginError
from codecmark.core.items import Output, Request, Response
from codecmark.core.plugins import CodecPlugin, ModelPlugin
from codecmark.core.resources import Resources
from codecmark.core.scores import Failure
from codecmark.core.settings import Setting
from codecmark.harness import memory
from codecmark.harness.grade import failure
from codecmark.harness.references import References
from codecmark.harness.task import Task

LENGTH_TOLERANCE = 0.01
"""How far, as a share of the reference, the answer of a language model that keeps timing may be off."""


@dataclass(frozen=True, slots=True)
class Made:
    """One output at the evaluation rate, the hash of the samples as the model gave them, and those themselves."""

    output: Output
    sha256: str
    native: Audio | None


class Model(Protocol):
    """A model under a task: the same face for a codec and a codec language model."""

    def rate(self) -> int:
        """The rate in Hz of the audio it is given."""

    def make(self, ids: Sequence[str], references: References) -> list[Made]:
        """Outputs for a batch of clips. May raise anything."""


@dataclass(frozen=True, slots=True)
class CodecModel:
    """A codec: every clip is encoded and decoded again."""

    codec: Codec
    setting: Setting
    task: Task

    def rate(self) -> int:
        return self.setting.sample_rate or self.task.sample_rate

    def make(self, ids: Sequence[str], references: References) -> list[Made]:
        given = [references.at(clip_id, self.rate()) for clip_id in ids]
        encoded = self.encode(given)
        decoded = self.decode(encoded)
        return [
            self._made(clip_id, references, sent, audio)
            for clip_id, sent, audio in zip(ids, encoded, decoded, strict=True)
        ]

    def encode(self, given: Sequence[Audio]) -> list[Encoded]:
        """`Codec.encode`, its answer checked."""
        return self.encoded(self.codec.encode(given), given)

    def decode(self, encoded: Sequence[Encoded]) -> list[Audio]:
        """`Codec.decode`, its answer checked."""
        return self.decoded(self.codec.decode(encoded), encoded)

    def encoded(self, answer: Any, given: Sequence[Audio]) -> list[Encoded]:
        """What `Codec.encode` gave. Raises `ClipError` where the contract is broken."""
        encoded: list[Encoded] = _checked("encode", answer, len(given), (Codes, Packets))
        for audio, sent in zip(given, encoded, strict=True):
            if sent.num_samples != audio.num_samples:
                raise ClipError("wrong_length", f"encode noted {sent.num_samples} samples of {audio.num_samples}")
        return encoded

    def decoded(self, answer: Any, encoded: Sequence[Encoded]) -> list[Audio]:
        """What `Codec.decode` gave. Raises `ClipError` where the contract is broken."""
        decoded: list[Audio] = _checked("decode", answer, len(encoded), (Audio,))
        for sent, audio in zip(encoded, decoded, strict=True):
            if audio.sample_rate != self.rate():
                raise ClipError("wrong_rate", f"decode gave {audio.sample_rate} Hz, the setting says {self.rate()}")
            if audio.num_samples != sent.num_samples or audio.channels != 1:
                shape = f"{audio.channels} x {audio.num_samples}"
                raise ClipError("wrong_length", f"decode gave {shape} samples, expected 1 x {sent.num_samples}")
        return decoded

    def _made(self, clip_id: str, references: References, sent: Encoded, audio: Audio) -> Made:
        reference = references.at(clip_id, self.task.sample_rate)
        at_rate = audio.resample(self.task.sample_rate).fit(reference.num_samples)
        return Made(Output(id=clip_id, audio=at_rate, encoded=sent), audio.sha256, audio)


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A codec language model: every request is answered."""

    lm: CodecLM
    setting: Setting
    task: Task

    def rate(self) -> int:
        return self.task.sample_rate

    def make(self, ids: Sequence[str], references: References) -> list[Made]:
        requests = [cast(Request, references.items[clip_id]) for clip_id in ids]
        responses = self.answered(self.lm.generate(requests), requests)
        return [self._made(*pair) for pair in zip(requests, responses, strict=True)]

    def answered(self, answer: Any, requests: Sequence[Request]) -> list[Response]:
        """What `CodecLM.generate` gave. Raises `ClipError` where the contract is broken, or the act's."""
        responses: list[Response] = _checked("generate", answer, len(requests), (Response,))
        for request, response in zip(requests, responses, strict=True):
            check_response(request.act, response)
        return responses

    def _made(self, request: Request, response: Response) -> Made:
        labels = response.labels or {}
        output = Output(id=request.id, text=response.text, labels=labels, encoded=response.encoded)
        if response.audio is None:
            return Made(output, "", None)
        native = response.audio.mono()
        if response.includes_prompt and request.prompt is not None:
            cut = round(request.prompt.seconds * native.sample_rate)
            native = Audio(native.samples[:, cut:], native.sample_rate)
        audio = native.resample(self.task.sample_rate)
        if request.reference is not None:
            audio = _aligned(audio, request.reference.audio().num_samples)
        output = Output(id=request.id, audio=audio, text=response.text, labels=labels, encoded=response.encoded)
        return Made(output, native.sha256, native)


def open_model(plugin: ModelPlugin, setting: Setting, task: Task, resources: Resources) -> Model:
    """The model of a setting, opened on the device of `resources`."""
    if isinstance(plugin, CodecPlugin):
        return CodecModel(plugin.open(setting, resources), setting, task)
    if plugin.open is None:
        raise PluginError(f"{plugin.name} does not run here: {plugin.unavailable}")
    return LanguageModel(plugin.open(setting, resources), setting, task)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What went wrong with a batch, without the exception: that would keep what its frames hold in memory."""

    failure: Failure
    memory_ran_out: bool


def synthesize(
    model: Model, batches: Sequence[Sequence[str]], references: References
) -> Iterator[tuple[str, Made | Failure]]:
    """An output or a failure for every clip of every batch.

    A batch that raises is tried again in halves, so that only a clip that raises alone fails. Where memory ran out, no
    later batch is larger than those halves.
    """
    waiting = deque(batches)
    largest = max(map(len, batches), default=1)
    while waiting:
        batch = waiting.popleft()
        if len(batch) > largest:
            waiting.extendleft((batch[largest:], batch[:largest]))  # which turns them round
            continue
        made = _attempt(model, batch, references)
        if not isinstance(made, _Trouble):
            yield from zip(batch, made, strict=True)
        elif len(batch) == 1:
            yield batch[0], made.failure
        else:
            half = len(batch) // 2
            largest = half if made.memory_ran_out else largest
            waiting.extendleft((batch[half:], batch[:half]))


def _attempt(model: Model, batch: Sequence[str], references: References) -> list[Made] | _Trouble:
    try:
        return model.make(batch, references)
    except Exception as error:  # noqa: BLE001 - foreign code; its clip fails, the run goes on
        return _Trouble(failure("synthesize", error), memory.ran_out(error))


def batches(plugin: ModelPlugin, lengths: Mapping[str, int], size: int) -> list[list[str]]:
    """Clip ids in batches of at most `size` under the model's batching rule, longest first; `lengths` in samples."""
    ids = sorted(lengths, key=lambda clip_id: (-lengths[clip_id], clip_id))
    size = 1 if plugin.card.batching == "single" else size
    same: Callable[[str, str], bool] = (
        (lambda a, b: lengths[a] == lengths[b]) if plugin.card.batching == "equal_length" else (lambda a, b: True)
    )
    found: list[list[str]] = []
    for clip_id in ids:
        if found and len(found[-1]) < size and same(found[-1][0], clip_id):
            found[-1].append(clip_id)
        else:
            found.append([clip_id])
    return found


def _checked(what: str, answers: Any, count: int, types: tuple[type, ...]) -> list[Any]:
    if not isinstance(answers, Sequence) or len(answers) != count:
        found = f"{len(answers)} answers" if isinstance(answers, Sequence) else type(answers).__name__
        raise ClipError("wrong_answer", f"{what} gave {found} for {count} clips")
    for answer in answers:
        if not isinstance(answer, types):
            expected = " or ".join(kind.__name__ for kind in types)
            raise ClipError("wrong_answer", f"{what} gave {type(answer).__name__}, expected {expected}")
    return list(answers)


def _aligned(audio: Audio, num_samples: int) -> Audio:
    if abs(audio.num_samples - num_samples) > LENGTH_TOLERANCE * num_samples:
        raise ClipError("wrong_length", f"the answer has {audio.num_samples} samples, the reference {num_samples}")
    return audio.fit(num_samples)
