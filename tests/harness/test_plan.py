"""The plan: the cells that are wanted, what is known without work, and how the work is cut up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codecmark import Audio, Clip, Resources
from codecmark.core import registry
from codecmark.harness import plan
from codecmark.harness.plan import Corpus, Plan, Planner
from codecmark.harness.references import itself
from codecmark.harness.task import load
from codecmark.results.store import Store

AUDIO = Audio(np.ones(10), 10)


def clips(*seconds: float, domain: Any = "speech") -> list[Clip]:
    return [
        Clip(id=f"{second:g}", load=partial(itself, AUDIO), seconds=second, sha256=f"{second:g}", domain=domain)
        for second in seconds
    ]


@pytest.fixture
def planned(bench: Any, tmp_path: Path) -> Any:
    def make(given: list[Clip], resources: Resources | None = None, out: Path | None = None, **changes: Any) -> Plan:
        task = load(bench.task(**changes))
        planner = Planner(Store(out or tmp_path / "none"), resources or Resources(), False)
        return planner.plan(task, task.choices(), Corpus(registry.dataset("starter")[0], tuple(given)))

    return make


def test_a_cell_for_every_setting_metric_and_clip(planned: Any) -> None:
    made = planned(clips(1, 2, 3), models=["opus"], metrics=["kbps", "stoi", "encode_rtf"], timing={"clips": 2})
    assert made.total == 6 * (3 + 3 + 2) == len(made.wanted)
    assert made.answered == ()
    assert Counter(cell.metric for cell in made.wanted) == {"kbps": 18, "stoi": 18, "encode_rtf": 12}
    assert {cell.clip for cell in made.wanted if cell.metric == "encode_rtf"} == {"1", "3"}
    assert {cell.attempt for cell in made.wanted} == {1}


def test_what_is_known_needs_no_work(planned: Any) -> None:
    made = planned(clips(1, domain="music"), models=["identity", "lyra/6"], metrics=["kbps", "pesq_wb"])
    assert {(cell.setting, cell.metric) for cell in made.wanted} == {("identity/pcm", "kbps")}
    known = {(cell.setting, cell.metric): (str(cell.status), cell.reason) for cell in made.answered}
    missing = ("unavailable", "weights 'lyra' are missing (codecmark download lyra)")
    assert known[("lyra/6", "kbps")] == missing
    assert known[("identity/pcm", "pesq_wb")] == ("not_applicable", "PESQ-WB has no meaning for music")


def test_a_glob_means_codecs_or_language_models_as_the_act_is(planned: Any) -> None:
    resynthesis = planned(clips(1), models=["*"], metrics=["kbps"])
    assert {plugin.card.kind == "lm" for plugin, _ in resynthesis.choices} == {False}
    speech = planned(clips(1), models=["*"], metrics=["kbps"], act="TTS")
    assert {plugin.card.kind == "lm" for plugin, _ in speech.choices} == {True}


def test_a_language_model_that_does_not_run_here_says_why(planned: Any) -> None:
    """Whatever act it is asked for: nothing stands in for it, and it is asked again when it can be run."""
    made = planned(clips(1), models=["*"], metrics=["kbps"], act="TTS")
    assert (len(made.wanted), len(made.answered)) == (0, 11)
    assert {str(cell.status) for cell in made.answered} == {"unavailable"}
    reasons = {cell.setting: cell.reason for cell in made.answered}
    assert reasons["valle/published"] == "VALL-E does not run here: its makers published neither code nor weights"
    (named,) = planned(clips(1), models=["valle"], metrics=["kbps"]).answered
    assert (str(named.status), named.reason) == ("not_applicable", "valle does not do resynthesis")


def test_random_weights_are_never_scored(planned: Any) -> None:
    made = planned(clips(1), Resources(random_weights=True), models=["lyra/6"], metrics=["kbps", "stoi", "encode_rtf"])
    assert {cell.metric for cell in made.wanted} == {"kbps", "encode_rtf"}
    (cell,) = made.answered
    assert (cell.reason, cell.weights) == ("random weights are timed, never scored", "random")


def test_shards_are_cut_by_length_and_units_keep_the_order_of_the_settings(
    planned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "SHARD_CLIPS", 2)
    made = planned(
        clips(1, 5, 3, 2, 4), models=["opus/24", "opus/6"], metrics=["kbps", "encode_rtf"], timing={"clips": 1}
    )
    shards = made.shards()
    assert [[clip.id for clip in shard.clips] for shard in shards] == [["5", "4"], ["3", "2"], ["1"]]
    assert [[unit.setting for unit in shard.units] for shard in shards] == [["opus/24", "opus/6"]] * 3
    assert [shard.cells for shard in shards] == [4, 4, 2]
    assert {cell.metric for shard in shards for unit in shard.units for cell in unit.cells} == {"kbps"}
    timing = made.timing()
    assert [clip.id for clip in timing.clips] == ["3"]
    assert {cell.metric for unit in timing.units for cell in unit.cells} == {"encode_rtf"}


def key_of(made: Plan, setting: str = "opus/6") -> tuple[str, str]:
    cell = next(cell for cell in made.wanted if cell.setting == setting)
    return cell.output_key, cell.metric_key


def test_what_the_keys_depend_on(planned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {"models": ["opus/6"], "metrics": ["stoi"]}
    output, metric = key_of(planned(clips(1), **options))
    assert key_of(planned(clips(1), **{**options, "metrics": ["kbps", "stoi"]}))[0] == output
    assert key_of(planned(clips(1), Resources(device="cuda:1"), **options)) == key_of(
        planned(clips(1), Resources(device="cuda:0"), **options)
    )
    others = [
        planned([replace(clips(1)[0], sha256="other")], **options),
        planned(clips(1), Resources(device="cuda:0"), **options),
        planned(clips(1), **options, sample_rate=24000),
        planned(clips(1), **options, mono="first"),
        planned(clips(1), **options, version=2),
    ]
    assert len({output, *(key_of(one)[0] for one in others)}) == 6
    assert {key_of(one)[1] for one in others} == {metric}
    monkeypatch.setattr(registry, "versions", lambda packages: dict.fromkeys(packages, "another"))
    assert key_of(planned(clips(1), **options))[0] == output
    assert key_of(planned(clips(1), **options))[1] != metric


def test_damaged_weights_are_found_before_any_work(planned: Any, tmp_path: Path) -> None:
    from codecmark.codecs.lyra import WEIGHTS
    from codecmark.core.errors import WeightsError

    for file in WEIGHTS.files:
        (tmp_path / file.name).write_bytes(b"not this")
    with pytest.raises(WeightsError, match=r"soundstream_encoder\.tflite has 8 bytes, not 1779200"):
        planned(clips(1), Resources(weights_root=tmp_path), models=["lyra/6"])
