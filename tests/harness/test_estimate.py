"""What a run will take: sums that can be done by hand, and weights whose size is known or not."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codecmark import Audio, Clip, Resources
from codecmark.core import choose, registry
from codecmark.core.settings import Weights, WeightsFile
from codecmark.harness.estimate import (
    CLASSICAL_RTF,
    DEVICE_GAIN,
    OTHER_RTF,
    PARAMETER_RTF,
    Estimate,
    Means,
    estimate,
)
from codecmark.harness.plan import Corpus, Plan, Planner
from codecmark.harness.references import itself
from codecmark.harness.task import load
from codecmark.results.records import Record, Status
from codecmark.results.store import Store

WEIGHTS = Weights(name="lyra", files=(WeightsFile(name="a", size=3_000_000),), source="somewhere")


@pytest.fixture
def planned(bench: Any, tmp_path: Path) -> Any:
    """The plan of a task on two clips of 30 s."""

    def make(device: str = "cpu", lacking: str = "", **changes: Any) -> Plan:
        audio = Audio(np.ones(10), 10)
        clips = tuple(Clip(id=name, load=partial(itself, audio), seconds=30.0, sha256=name) for name in "ab")
        task = load(bench.task(**changes))
        corpus = Corpus(registry.dataset("starter")[0], () if lacking else clips, lacking)
        planner = Planner(Store(tmp_path / "none"), Resources(device=device), False)
        return planner.plan(task, choose.settings(task.models), corpus)

    return make


def taken(*plans: Plan, devices: Any = ("cpu",), workers: int = 1, weights: Any = (), store: Any = None) -> Estimate:
    return estimate(plans, weights, Means(devices=devices, workers=workers), store or Store(Path("nowhere")))


def test_models_and_workers_side_by_side(planned: Any) -> None:
    plan = planned(models=["opus/6", "opus/8"], metrics=["kbps", "pesq_wb"])
    models, scores = 2 * 60 * CLASSICAL_RTF, 2 * 60 * 0.05
    assert taken(plan).seconds == pytest.approx(max(models, scores))
    assert taken(plan, workers=4).seconds == pytest.approx(models)
    assert taken(plan, workers=4, devices=("cpu", "cpu")).seconds == pytest.approx(models / 2)


def test_timing_comes_on_top(planned: Any) -> None:
    timing = {"clips": 1, "repeats": 3, "warm_up": 1}
    plan = planned(models=["opus/6"], metrics=["encode_rtf", "decode_rtf"], timing=timing)
    assert taken(plan, devices=("cpu", "cpu")).seconds == pytest.approx(4 * 30 * CLASSICAL_RTF)
    short = planned(models=["opus/6"], metrics=["encode_rtf"], timing={**timing, "clip_seconds": 10})
    assert taken(short).seconds == pytest.approx(4 * 10 * CLASSICAL_RTF)
    batches = {**timing, "clip_seconds": 10, "max_batch": 64, "max_batch_cpu": 4}
    both = planned(models=["opus/6"], metrics=["encode_rtf", "batch_size"], timing=batches)
    assert taken(both).seconds == pytest.approx((4 + 4 * 6) * 10 * CLASSICAL_RTF)
    alone = planned(models=["lyra/6"], metrics=["encode_rtf", "batch_size"], timing=batches)  # takes one at a time
    assert taken(alone, weights=[WEIGHTS]).seconds == pytest.approx(4 * 10 * OTHER_RTF["neural"])


def test_what_waits_for_a_download_counts(planned: Any) -> None:
    plan = planned(models=["lyra/6"], metrics=["kbps"])
    assert taken(plan).seconds == 0
    assert taken(plan, weights=[WEIGHTS]).seconds == pytest.approx(60 * OTHER_RTF["neural"])


def test_a_network_takes_as_long_as_it_is_large_and_less_on_a_gpu(planned: Any) -> None:
    of_encodec = 60 * PARAMETER_RTF * 14_851_810
    here, there = (planned(device, models=["E1"], metrics=["kbps"]) for device in ("cpu", "cuda:0"))
    assert taken(here, weights=[WEIGHTS]).seconds == pytest.approx(of_encodec)
    assert taken(there, weights=[WEIGHTS], devices=("cuda:0",)).seconds == pytest.approx(of_encodec / DEVICE_GAIN)
    assert taken(there, weights=[WEIGHTS], devices=("cuda:0", "cuda:1")).seconds == pytest.approx(
        of_encodec / DEVICE_GAIN / 2
    )


def test_a_setting_that_was_timed_is_taken_at_its_speed(planned: Any, tmp_path: Path) -> None:
    store = Store(tmp_path / "timed")
    with store.locked():
        keys: dict[str, Any] = {"status": Status.OK, "output_key": "", "metric_key": ""}
        sides = (("encode_rtf", 0.2), ("decode_rtf", 0.3))
        rows = [Record(task="t", setting="opus/6", clip="c", metric=name, value=value, **keys) for name, value in sides]
        store.append(rows)
    plan = planned(models=["opus/6"], metrics=["kbps"])
    assert taken(plan, store=store).seconds == pytest.approx(60 * 0.5)


def test_downloads_once_each_with_what_is_known_of_their_size(planned: Any) -> None:
    unknown = Weights(name="other", files=(WeightsFile(name="b"),), source="somewhere")
    lines = list(taken(planned(), weights=[WEIGHTS, unknown, WEIGHTS]).lines())
    assert lines[1:3] == ["download  3.0 MB of weights: lyra", "          and, of unknown size: other"]
    assert list(taken(planned(), weights=[unknown]).lines())[1:3] == [
        "download  0 kB of weights: none",
        "          and, of unknown size: other",
    ]
    assert "download  0 kB of weights: none" in list(taken(planned()).lines())


def test_disk_is_of_records_and_of_audio_that_is_kept(planned: Any) -> None:
    without, with_audio = (taken(planned(metrics=["kbps"], keep_audio=keep)).disk_bytes for keep in (False, True))
    assert 6000 < without < 7000
    assert with_audio - without == pytest.approx(60 * 16000 * 2)


def test_tasks_without_their_corpus_are_named_with_the_reason(planned: Any) -> None:
    lines = list(taken(planned(lacking="put it there")).lines())
    assert lines[-1] == "MISSING   bench will not be measured: put it there"
