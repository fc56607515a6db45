"""Making outputs: batches under the model's own rule, a batch that raises tried again in halves, answers checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from codecmark import Audio, Clip, Codes, Failure, Packets, Request, Response
from codecmark.codecs.identity import PLUGIN
from codecmark.core.settings import Batching
from codecmark.harness.references import References, itself
from codecmark.harness.synthesize import CodecModel, LanguageModel, Made, batches, synthesize
from codecmark.harness.task import Task, load

LENGTHS = {"a": 5, "b": 9, "c": 5, "d": 5, "e": 7}


@pytest.mark.parametrize(
    ("rule", "size", "expected"),
    [
        ("single", 16, ["b", "e", "a", "c", "d"]),
        ("padded", 16, ["beacd"]),
        ("padded", 2, ["be", "ac", "d"]),
        ("padded", 1, ["b", "e", "a", "c", "d"]),
        ("equal_length", 16, ["b", "e", "acd"]),
        ("equal_length", 2, ["b", "e", "ac", "d"]),
    ],
)
def test_batches_keep_the_rule_of_the_card_longest_first(rule: Batching, size: int, expected: list[str]) -> None:
    plugin = replace(PLUGIN, card=replace(PLUGIN.card, batching=rule))
    assert ["".join(batch) for batch in batches(plugin, LENGTHS, size)] == expected


def test_no_clips_no_batches() -> None:
    assert batches(PLUGIN, {}, 16) == []


@pytest.fixture
def task(bench: Any) -> Task:
    return load(bench.task())


def references(task: Task, **clips: Audio) -> References:
    return References(
        task,
        [
            Clip(id=name, load=partial(itself, audio), seconds=audio.seconds, sha256=name)
            for name, audio in clips.items()
        ],
    )


class Copies:
    """Copies through 8 kHz, notes the batches it is given, and raises where one holds a loud clip."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode(self, batch: Sequence[Audio]) -> list[Packets]:
        self.batches.append(len(batch))
        if any(audio.peak > 0.6 for audio in batch):
            raise RuntimeError("too loud")
        return [Packets((audio.samples.tobytes(),), audio.num_samples) for audio in batch]

    def decode(self, batch: Sequence[Packets | Codes]) -> list[Audio]:
        return [Audio(np.frombuffer(sent.payload[0], np.float32), 8000) for sent in batch if isinstance(sent, Packets)]


def test_only_the_culprit_of_a_batch_fails(task: Task, voice: Any) -> None:
    given = references(task, a=voice(0.1), loud=voice(0.1, peak=0.95), c=voice(0.1, seed=1))
    codec = Copies()
    model = CodecModel(codec, replace(PLUGIN.settings[0], sample_rate=8000), task)
    made = dict(synthesize(model, [["a", "loud", "c"], ["a"]], given))
    assert codec.batches == [3, 1, 2, 1, 1, 1]
    assert made["loud"] == Failure("synthesize", "RuntimeError", "RuntimeError: too loud")
    for name in ("a", "c"):
        one = made[name]
        assert isinstance(one, Made)
        assert one.native is not None
        assert np.array_equal(one.native.samples, given.at(name, 8000).samples)
        assert one.sha256 == given.at(name, 8000).sha256
        assert one.output.audio is not None
        assert (one.output.audio.sample_rate, one.output.audio.num_samples) == (16000, 1600)


class Cramped(Copies):
    """Has room for so many clips at a time."""

    def __init__(self, room: int, error: Exception) -> None:
        super().__init__()
        self.room, self.error = room, error

    def encode(self, batch: Sequence[Audio]) -> list[Packets]:
        answer = super().encode(batch)
        if len(batch) > self.room:
            raise self.error
        return answer


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes. Error code 12"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    ],
)
def test_where_memory_runs_out_batches_are_halved_from_then_on(error: Exception, task: Task, voice: Any) -> None:
    names = [f"clip{index}" for index in range(20)]
    given = references(task, **{name: voice(0.02, seed=index) for index, name in enumerate(names)})
    codec = Cramped(3, error)
    model = CodecModel(codec, replace(PLUGIN.settings[0], sample_rate=8000), task)
    made = list(synthesize(model, [names[:8], names[8:16], names[16:]], given))
    assert [name for name, _ in made] == names
    assert all(isinstance(one, Made) for _, one in made)
    assert codec.batches == [8, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]


def test_a_clip_for_which_there_is_no_memory_fails_alone(task: Task, voice: Any) -> None:
    given = references(task, a=voice(0.1), b=voice(0.1, seed=1))
    model = CodecModel(Cramped(0, MemoryError()), replace(PLUGIN.settings[0], sample_rate=8000), task)
    made = dict(synthesize(model, [["a", "b"]], given))
    assert made == dict.fromkeys("ab", Failure("synthesize", "MemoryError", "MemoryError"))


def test_other_trouble_leaves_the_next_batches_as_they_are(task: Task, voice: Any) -> None:
    given = references(task, a=voice(0.1), b=voice(0.1, seed=1), loud=voice(0.1, peak=0.95), d=voice(0.1, seed=2))
    codec = Copies()
    model = CodecModel(codec, replace(PLUGIN.settings[0], sample_rate=8000), task)
    list(synthesize(model, [["a", "loud"], ["a", "b", "d"]], given))
    assert codec.batches == [2, 1, 1, 3]


def test_what_a_failed_batch_held_is_given_back_before_the_next_try(task: Task, voice: Any) -> None:
    import weakref

    class Block:
        pass

    held: list[weakref.ref[Block]] = []

    class Hoards(Copies):
        def encode(self, batch: Sequence[Audio]) -> list[Packets]:
            assert [ref() for ref in held if ref() is not None] == []
            block = Block()
            held.append(weakref.ref(block))
            if len(batch) > 1:
                raise MemoryError
            return super().encode(batch)

    given = references(task, a=voice(0.1), b=voice(0.1, seed=1))
    made = dict(
        synthesize(CodecModel(Hoards(), replace(PLUGIN.settings[0], sample_rate=8000), task), [["a", "b"]], given)
    )
    assert all(isinstance(one, Made) for one in made.values())
    assert len(held) == 3


def test_a_clip_is_brought_to_a_rate_once_from_its_own(task: Task, voice: Any) -> None:
    loads: list[int] = []

    def read() -> Audio:
        loads.append(1)
        made: Audio = voice(0.1, 48000)
        return made

    given = References(task, [Clip(id="a", load=read, seconds=0.1, sha256="a")])
    assert given.at("a", 24000) is given.at("a", 24000)
    assert np.array_equal(given.at("a", 24000).samples, voice(0.1, 48000).resample(24000).samples)
    assert len(loads) == 1
    item = given.items["a"]
    assert isinstance(item, Clip)
    assert (item.source_rate, item.audio().sample_rate, item.seconds) == (48000, 16000, 0.1)


class Speaks:
    def __init__(self, response: Response) -> None:
        self.response = response

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        return [self.response for _ in batch]


def answered(task: Task, response: Response, request: Request) -> Made:
    given = references(task)
    given.items[request.id] = request
    return LanguageModel(Speaks(response), PLUGIN.settings[0], task).make([request.id], given)[0]


def test_a_prompt_that_is_repeated_is_cut_off(task: Task, voice: Any) -> None:
    prompt, answer = voice(0.25, 16000), voice(0.5, 24000, seed=1)
    both = np.concatenate([prompt.resample(24000).samples, answer.samples], axis=1)
    request = Request(id="a", act="TTS", text="hello", prompt=prompt)
    made = answered(task, Response(audio=Audio(both, 24000), includes_prompt=True), request)
    assert made.native is not None
    assert np.array_equal(made.native.samples, answer.samples)
    kept = answered(task, Response(audio=Audio(both, 24000)), request)
    assert kept.native is not None
    assert kept.native.num_samples == 18000


@pytest.mark.parametrize(
    ("length", "ok"), [(16000, True), (16160, True), (15840, True), (16161, False), (15839, False)]
)
def test_an_answer_that_keeps_timing_is_fitted_within_one_per_cent(
    task: Task, voice: Any, length: int, ok: bool
) -> None:
    clip = Clip(id="a", load=partial(itself, voice()), seconds=1, sha256="a")
    request = Request(id="a", act="SE", audio=voice(), reference=clip)
    response = Response(audio=voice(length / 16000))
    if ok:
        audio = answered(task, response, request).output.audio
        assert audio is not None
        assert audio.num_samples == 16000
    else:
        with pytest.raises(Exception, match=f"the answer has {length} samples, the reference 16000"):
            answered(task, response, request)


def test_an_answer_in_words(task: Task) -> None:
    made = answered(task, Response(text="hello", labels={"emotion": "calm"}), Request(id="a", act="ASR"))
    assert (made.output.text, made.output.labels, made.output.audio) == ("hello", {"emotion": "calm"}, None)
    assert (made.sha256, made.native) == ("", None)
