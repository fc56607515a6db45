"""Timing: what is run how often, what lies inside the timed region, and what memory it took."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from codecmark import Audio, Clip, ClipError, Packets, Request, Response
from codecmark.codecs.identity import PLUGIN
from codecmark.core.worker import peak_memory
from codecmark.harness.references import References, itself
from codecmark.harness.stopwatch import parameters_of, timer
from codecmark.harness.synthesize import CodecModel, LanguageModel
from codecmark.harness.task import Stopwatch, load


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes only when somebody says so."""
    now = [0.0]
    monkeypatch.setattr("codecmark.harness.stopwatch.time.perf_counter", lambda: now[0])
    return now


class Slow:
    """Encodes in 3 s and decodes in 1 s of that time; the first run takes ten times as long."""

    def __init__(self, clock: list[float]) -> None:
        self.clock = clock
        self.calls: list[str] = []

    def _take(self, what: str, seconds: float) -> None:
        self.clock[0] += seconds * (10 if what not in self.calls else 1)
        self.calls.append(what)

    def encode(self, batch: Sequence[Audio]) -> list[Packets]:
        self._take("encode", 3)
        return [Packets((bytes(audio.num_samples),), audio.num_samples) for audio in batch]

    def decode(self, batch: Sequence[Any]) -> list[Audio]:
        self._take("decode", 1)
        return [Audio(np.zeros(sent.num_samples), 8000) for sent in batch]

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        self._take("generate", 2)
        return [Response(text="hello") for _ in batch]


def references(task: Any, audio: Audio) -> References:
    return References(task, [Clip(id="a", load=partial(itself, audio), seconds=audio.seconds, sha256="a")])


def test_warm_up_runs_are_not_recorded(bench: Any, voice: Any, clock: list[float]) -> None:
    task = load(bench.task())
    codec = Slow(clock)
    model = CodecModel(codec, replace(PLUGIN.settings[0], sample_rate=8000), task)
    timing = timer(model, "a", references(task, voice(2)), Stopwatch(warm_up=1, repeats=3), "cpu").time(1)
    assert codec.calls == ["encode", "decode"] * 4
    assert (timing.encode_seconds, timing.decode_seconds) == ((3.0,) * 3, (1.0,) * 3)
    assert (timing.audio_seconds, timing.batch, timing.parameters) == (2.0, 1, None)
    cold = CodecModel(Slow(clock), model.setting, task)
    timing = timer(cold, "a", references(task, voice(2)), Stopwatch(warm_up=0, repeats=2), "cpu").time(1)
    assert timing.encode_seconds == (30.0, 3.0)


def test_all_of_a_language_models_time_is_decoding(bench: Any, voice: Any, clock: list[float]) -> None:
    task = load(bench.task(act="ASR"))
    model = LanguageModel(Slow(clock), PLUGIN.settings[0], task)
    timing = timer(model, "a", references(task, voice(1)), Stopwatch(warm_up=1, repeats=2), "cpu").time(1)
    assert (timing.encode_seconds, timing.decode_seconds) == ((), (2.0, 2.0))


def test_reading_and_resampling_are_not_timed(bench: Any, voice: Any, clock: list[float]) -> None:
    task = load(bench.task())

    class Watched(References):
        def at(self, clip_id: str, sample_rate: int) -> Audio:
            clock[0] += 1000
            return super().at(clip_id, sample_rate)

    given = Watched(task, [Clip(id="a", load=partial(itself, voice(1)), seconds=1, sha256="a")])
    model = CodecModel(Slow(clock), replace(PLUGIN.settings[0], sample_rate=8000), task)
    timing = timer(model, "a", given, Stopwatch(warm_up=1, repeats=1), "cpu").time(1)
    assert (timing.encode_seconds, timing.decode_seconds) == ((3.0,), (1.0,))


@pytest.mark.parametrize("seconds", [0.5, 5.0])
def test_a_clip_is_cut_or_repeated_to_the_length_that_is_timed(
    seconds: float, bench: Any, voice: Any, clock: list[float]
) -> None:
    task, heard = load(bench.task()), []

    class Listens(Slow):
        def encode(self, batch: Sequence[Audio]) -> list[Packets]:
            heard.extend(batch)
            return super().encode(batch)

    model = CodecModel(Listens(clock), replace(PLUGIN.settings[0], sample_rate=8000), task)
    clip, plan = voice(2, 8000), Stopwatch(warm_up=0, repeats=1, clip_seconds=seconds)
    timing = timer(model, "a", references(task, clip), plan, "cpu").time(3)
    assert (timing.audio_seconds, timing.batch) == (3 * seconds, 3)
    expected = np.resize(clip.samples[0], round(8000 * seconds))
    assert [np.array_equal(audio.samples[0], expected) for audio in heard] == [True] * 3


def test_parameters_are_those_of_the_networks_a_model_holds(bench: Any, clock: list[float]) -> None:
    codec = Slow(clock)
    model = CodecModel(codec, PLUGIN.settings[0], load(bench.task()))
    assert parameters_of(model) is None
    encoder = torch.nn.Linear(3, 4)
    codec.encoder, codec.vocoder = encoder, torch.nn.Sequential(encoder, torch.nn.Conv1d(2, 5, 3))  # type: ignore[attr-defined]
    assert parameters_of(model) == (3 * 4 + 4) + (2 * 5 * 3 + 5)  # the encoder is one, wherever it is held


def test_an_answer_that_breaks_the_contract_has_no_time(bench: Any, voice: Any, clock: list[float]) -> None:
    task = load(bench.task())

    class Forgetful(Slow):
        def decode(self, batch: Sequence[Any]) -> list[Audio]:
            return []

    model = CodecModel(Forgetful(clock), replace(PLUGIN.settings[0], sample_rate=8000), task)
    with pytest.raises(ClipError, match="decode gave 0 answers for 1 clips"):
        timer(model, "a", references(task, voice(1)), Stopwatch(), "cpu").time(1)


def test_peak_memory_is_of_this_span() -> None:
    with peak_memory("cpu") as before:
        low = before()
    if low is None:
        pytest.skip("this system does not tell the peak of its resident set")
    with peak_memory("cpu") as during:
        block = np.ones(12_500_000)  # 100 MB
        high = during()
    assert high is not None
    assert 80e6 < high - low < 160e6
    del block
    with peak_memory("cpu") as after:
        settled = after()
    assert settled is not None
    assert settled < high - 50e6


def test_the_clock_is_monotonic() -> None:
    assert time.get_clock_info("perf_counter").monotonic
