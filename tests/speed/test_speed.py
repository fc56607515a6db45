"""What README claims about speed, each as a ratio within one run: `tox -e speed`."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pytest_benchmark.fixture import BenchmarkFixture

from codecmark import Audio, Score
from codecmark.core import choose, registry
from codecmark.core.items import Clip, Output
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.harness.plan import Planner
from codecmark.harness.references import itself
from codecmark.harness.runner import run
from codecmark.harness.task import Task
from codecmark.harness.workers import Job, Workers
from codecmark.results.store import Store

OPUS = ("6", "8", "12", "16", "24", "32")


def cpu_seconds(act: Callable[[], Any]) -> float:
    """CPU of this process and of the children that end within `act`."""
    own, others = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    before = [sum(resource.getrusage(who)[:2]) for who in (own, others)]
    act()
    return sum(sum(resource.getrusage(who)[:2]) for who in (own, others)) - sum(before)


@pytest.fixture(scope="module")
def decoded(shared: Path) -> list[tuple[Clip, list[Audio]]]:
    """LibriSpeech test-other clips, each with what Opus makes of it at six rates."""
    manifest = shared / "data" / "librispeech_test_other" / "manifest.jsonl"
    plugin, argument = registry.dataset(f"manifest:{manifest}")
    opus = registry.model("opus")
    assert isinstance(opus, CodecPlugin)
    codecs = [opus.open(setting, Resources()) for setting in opus.settings if setting.name in OPUS]
    found = []
    for clip in plugin.open(argument, Resources()).clips():
        audio = clip.audio()
        outputs = [codec.decode(codec.encode([audio]))[0] for codec in codecs]
        item = Clip(id=clip.id, load=partial(itself, audio), seconds=audio.seconds, sha256=clip.sha256)
        found.append((item, outputs))
    return found


def score_all(decoded: list[tuple[Clip, list[Audio]]], workers: int) -> None:
    with Workers(workers) as crew:
        for clip, outputs in decoded:
            for group, audio in enumerate(outputs):
                wanted = {"pesq": ("pesq_wb",), "stoi": ("stoi",)}
                output = Output(id=clip.id, audio=audio)
                crew.submit(Job(group=group, shard=0, item=clip, output=output, wanted=wanted))
        for _ in range(sum(len(outputs) for _, outputs in decoded)):
            done = crew.done.get()
            assert done is not None
            assert all(isinstance(answer, Score) for answer in done.answers.values())


def test_pesq_and_stoi_against_a_plain_loop(
    benchmark: BenchmarkFixture, decoded: list[tuple[Clip, list[Audio]]]
) -> None:
    """CPU of scoring through the workers over that of calling pesq and pystoi in a loop; imports count in neither."""
    from pesq import pesq
    from pystoi import stoi

    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        pytest.skip("set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1: idle BLAS threads would be counted as work")

    def loop() -> None:
        for clip, outputs in decoded:
            reference = clip.audio().samples[0]
            for audio in outputs:
                pesq(16000, reference, audio.samples[0], "wb")
                stoi(reference, audio.samples[0], 16000)

    seconds = sum(clip.seconds * len(outputs) for clip, outputs in decoded)
    first, outputs = decoded[0]
    start = cpu_seconds(lambda: score_all([(first, outputs[:1])], 1))
    plain = cpu_seconds(loop)
    one = cpu_seconds(lambda: benchmark.pedantic(score_all, args=(decoded, 1), rounds=1))
    two = cpu_seconds(lambda: score_all(decoded, 2))
    benchmark.extra_info.update(
        loop_cpu_per_second=plain / seconds,
        workers_cpu_per_second=one / seconds,
        ratio_to_loop=(one - start) / plain,
        start_cpu_seconds=start,
        ratio_two_workers_to_one=two / one,
    )
    print(
        f"\nloop {plain / seconds:.5f} CPU s per s, ours {(one - start) / plain:.3f} of it ({start:.1f} s to start), "
        f"two workers {two / one:.3f} of one"
    )
    assert (one - start) / plain <= 0.85
    assert two / one <= 1.1


def test_overhead_per_clip(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Wall seconds of a run of the identity codec over those of reading the same clips in a loop."""
    clips = tmp_path / "clips"
    clips.mkdir()
    noise = np.random.default_rng(0).standard_normal((400, 16000)).astype(np.float32) / 10
    for index, samples in enumerate(noise):
        soundfile.write(clips / f"{index:03d}.wav", samples, 16000)

    def measure() -> None:
        run("quick", codecs="identity", metrics="kbps", dataset=f"folder:{clips}", limit=400, out=tmp_path / "run")

    measure_seconds = _seconds(lambda: benchmark.pedantic(measure, rounds=1))
    read_seconds = _seconds(lambda: [Audio.read(path) for path in sorted(clips.iterdir())])
    benchmark.extra_info.update(milliseconds_per_clip=measure_seconds / 400 * 1000, reading=read_seconds / 400 * 1000)
    print(f"\n{measure_seconds / 400 * 1000:.2f} ms per clip, of which reading {read_seconds / 400 * 1000:.2f} ms")
    assert measure_seconds / 400 < 0.02


def test_resume_of_a_finished_run(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Seconds until a run of 50,000 records that is complete says so."""
    clips, store = 640, Store(tmp_path / "run")
    (tmp_path / "clips").mkdir()
    for index in range(clips):
        soundfile.write(tmp_path / "clips" / f"{index:03d}.wav", np.full(1600, 0.1 + index / 1e4), 16000)
    arguments: dict[str, Any] = {"dataset": f"folder:{tmp_path / 'clips'}", "out": store.folder, "limit": clips}
    metrics = "kbps,pesq_wb,pesq_nb,stoi,estoi,mel_cs,mel_dac,si_sdr"
    records = _fill(store, arguments["dataset"], metrics, "opus,mp3,aac/16")
    assert records >= 50_000
    run("quick", codecs="opus,mp3,aac/16", metrics=metrics, offline=True, device="cpu", **arguments)  # writes the card
    files = sorted((store.folder / "records").iterdir())

    def resume() -> None:
        run("quick", codecs="opus,mp3,aac/16", metrics=metrics, offline=True, device="cpu", **arguments)

    benchmark.pedantic(resume, rounds=3)
    benchmark.extra_info.update(records=records)
    assert sorted((store.folder / "records").iterdir()) == files
    assert benchmark.stats.stats.median < 10


def _fill(store: Store, dataset: str, metrics: str, codecs: str) -> int:
    from codecmark.harness.options import RunOptions
    from codecmark.harness.task import load

    task: Task = RunOptions(metrics=metrics, dataset=dataset, limit=10_000).applied(load("quick"))
    plugin, argument = registry.dataset(dataset)
    clips = plugin.open(argument, Resources()).clips()
    plan = Planner(store, Resources(), False).plan(task, choose.settings(choose.words(codecs) or ()), clips, plugin)
    (store.folder / "records").mkdir(parents=True)
    answered = [cell.answered(Score(1.0)) for cell in plan.wanted]
    for start in range(0, len(answered), 512):
        store.append(answered[start : start + 512])
    return len(answered)


def _seconds(act: Callable[[], Any]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
