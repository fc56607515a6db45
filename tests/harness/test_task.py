"""Tasks: what a YAML may say, what is said about one that is wrong, and which clips it selects."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codecmark import Audio, Clip, run
from codecmark.core import content
from codecmark.core.errors import ContentError, DataError
from codecmark.harness.references import itself
from codecmark.harness.suite import every
from codecmark.harness.task import Selection, Stopwatch, load

AUDIO = Audio(np.ones(10), 10)


def clip(name: str, seconds: float = 1.0, domain: Any = "speech", language: str | None = None) -> Clip:
    return Clip(id=name, load=partial(itself, AUDIO), seconds=seconds, sha256=name, domain=domain, language=language)


def test_every_task_that_is_shipped_can_be_read() -> None:
    assert {task.name for task in every()} == set(content.names("tasks"))
    assert load("quick").dataset == "starter"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": ["stoi"]}, r"bench\.yaml: metric: Extra inputs are not permitted"),
        ({"sample_rate": "fast"}, r"bench\.yaml: sample_rate: Input should be a valid integer"),
        ({"sample_rate": 0}, r"bench\.yaml: sample_rate: Input should be greater than 0"),
        ({"act": "tts"}, r"bench\.yaml: act: Value error, unknown act 'tts': (known|did)"),
        ({"act": "TTTS"}, r"bench\.yaml: act: Value error, unknown act 'TTTS': did you mean TTS"),
        ({"metrics": None}, r"bench\.yaml: metrics: Field required"),
        ({"metrics": "stoi"}, r"bench\.yaml: metrics: Input should be a valid tuple"),
        ({"selection": {"limit": 0}}, r"bench\.yaml: selection\.limit: Input should be greater than or equal to 1"),
        ({"selection": {"limits": 1}}, r"bench\.yaml: selection\.limits: Extra inputs are not permitted"),
        ({"selection": {"domains": ["noise"]}}, r"bench\.yaml: selection\.domains\.0: Input should be 'speech'"),
        ({"mono": "left"}, r"bench\.yaml: mono: Input should be 'mean' or 'first'"),
        ({"schema": 2}, r"bench\.yaml: schema: Input should be 1"),
        ({"schema": None}, r"bench\.yaml: schema: Field required"),
    ],
)
def test_a_task_that_is_wrong_names_its_file_and_field(bench: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ContentError, match=message):
        load(bench.task(**changes))


@pytest.mark.parametrize("name", ["Bench", "be nch", "../bench", ""])
def test_a_name_that_is_none(tmp_path: Path, name: str) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(f"schema: 1\nname: '{name}'\nversion: 1\ntitle: T\ndataset: starter\nsample_rate: 1\nmetrics: []\n")
    with pytest.raises(ContentError, match=r"task\.yaml: name: String should match pattern"):
        load(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [quick", r"task\.yaml: while parsing a flow sequence .* line 1, column 7"),
        ("- quick", r"task\.yaml: expected a mapping at the top of the file"),
        ("", r"task\.yaml: expected a mapping"),
        ("\tname: quick", r"task\.yaml: while scanning .* line 1"),
    ],
)
def test_broken_yaml_names_its_file_and_line(tmp_path: Path, cli: Any, text: str, message: str) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(text)
    with pytest.raises(ContentError, match=message) as caught:
        load(str(path))
    assert "\n" not in str(caught.value)
    ended = cli("run", path, "--out", tmp_path / "out")
    assert (ended.code, ended.err) == (2, f"codecmark: {caught.value}\n")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(ContentError, match=r"task\.yaml"):
        load(str(path))


def test_two_tasks_of_one_name_in_a_run_are_refused(bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice())
    one = bench.task()
    other = tmp_path / "other.yaml"
    other.write_text(Path(one).read_text().replace("16000", "8000"))
    with pytest.raises(ContentError, match=r"two tasks are called 'bench'"):
        run(one, str(other), out=tmp_path / "out")


def test_a_score_named_twice_is_one(bench: Any) -> None:
    assert load(bench.task(metrics=["kbps", "stoi", "kbps"])).metrics == ("kbps", "stoi")


def test_what_a_selection_admits() -> None:
    clips = [
        clip("a", 0.5, language="en"),
        clip("b", 1.0, "music"),
        clip("c", 2.0, language="de"),
        clip("d", 3.0, language="en"),
    ]

    def ids(**fields: Any) -> str:
        return "".join(one.id for one in Selection(**fields).apply(clips))

    assert ids() == "abcd"
    assert ids(limit=2) == "ab"
    assert ids(min_seconds=1.0) == "bcd"
    assert ids(max_seconds=1.0) == "ab"
    assert ids(domains=("speech",), limit=2) == "ac"
    assert ids(languages=("en",)) == "ad"
    with pytest.raises(DataError, match="the selection leaves none of the 4 clips"):
        ids(min_seconds=9)


def test_a_draw_depends_on_the_seed_and_the_ids_alone() -> None:
    clips = [clip(f"clip{index}") for index in range(50)]
    draw = Selection(limit=10, seed=7)
    chosen = {one.id for one in draw.apply(clips)}
    assert len(chosen) == 10
    assert {one.id for one in draw.apply(clips[::-1])} == chosen
    assert [one.id for one in draw.apply(clips)] == [one.id for one in clips if one.id in chosen]
    assert {one.id for one in Selection(limit=10, seed=8).apply(clips)} != chosen
    without = next(one for one in clips if one.id not in chosen)
    assert {one.id for one in draw.apply([one for one in clips if one is not without])} == chosen


@pytest.mark.parametrize(("count", "chosen"), [(1, "c"), (2, "bd"), (3, "ace"), (5, "abcde"), (9, "abcde")])
def test_clips_are_timed_at_even_ranks_of_length(count: int, chosen: str) -> None:
    clips = [clip(name, seconds) for name, seconds in zip("ebdac", (5.0, 2.0, 4.0, 1.0, 3.0), strict=True)]
    found = [one.id for one in Stopwatch(clips=count).choose(clips)]
    assert len(found) == min(count, 5)
    assert "".join(found) == chosen


def test_only_what_a_model_is_given_changes_its_outputs_key(bench: Any) -> None:
    base = load(bench.task()).output_hash
    for same in ({"metrics": ["stoi"]}, {"selection": {"limit": 1}}, {"title": "Other"}, {"batch_size": 3}):
        assert load(bench.task(**same)).output_hash == base
    for other in ({"version": 2}, {"sample_rate": 8000}, {"mono": "first"}, {"act": "SE"}, {"seed": 1}):
        assert load(bench.task(**other)).output_hash != base
