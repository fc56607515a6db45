"""The command that measures a cell again, and what it does not tell of those who measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codecmark.core.scores import Unavailable
from codecmark.publish import commands, private
from codecmark.publish.leaderboard import publish
from codecmark.publish.report import report
from codecmark.publish.runs import load

ASKED = {
    "tasks": {"toy": "/home/me/tasks/toy.yaml"},
    "options": {
        "codecs": ["opus"],
        "dataset": "folder:/home/me/clips",
        "weights_root": "/home/me/weights",
        "limit": 4,
        "device": "cpu",
        "evaluators": {"whisper": "base.en", "ecapa": "/home/me/ecapa"},
        "out": "/home/me/toy-run",
        "workers": 3,
        "offline": True,
        "keep_audio": True,
    },
    "places": {"/home/me/weights": "WEIGHTS", "/home/me/clips": "FOLDER", "/home/me/ecapa": "ECAPA"},
    "command": "codecmark run /home/me/tasks/toy.yaml --weights-root /home/me/weights --out /home/me/toy-run",
}


@pytest.fixture
def told(run: Any) -> Any:
    """A run that was told of many places."""
    run.asked = ASKED
    opus = run.setting("opus", "6", survey_id="E1")
    run.answers(opus, run.metric("pesq_wb"), 1.0, 2.0, 3.0, 4.0)
    run.answers(opus, run.metric("wer"), *[Unavailable("no Whisper at /home/me/weights/whisper/base.en.pt")] * 4)
    run.answers(opus, run.metric("sim"), *[Unavailable("cannot read /mnt/disk/ecapa/model.ckpt")] * 4)
    return run


def test_a_command_has_what_decides_the_score_and_words_for_places(told: Any) -> None:
    run = load(told.write())
    command = commands.of_column(run, "toy", "pesq_wb")
    assert command == (
        "codecmark run toy.yaml --dataset folder:FOLDER --weights-root WEIGHTS --limit 4 --device cpu "
        "--evaluator whisper=base.en --evaluator ecapa=ECAPA --out again --metrics pesq_wb"
    )
    assert commands.own(run, command).startswith("For WEIGHTS and FOLDER and ECAPA put your own")
    assert commands.own(run, "codecmark run quick") == ""


def test_a_later_session_need_not_say_where_things_are(told: Any) -> None:
    folder = told.write()
    content = json.loads((folder / "run.json").read_text())
    content["sessions"].append({**content["sessions"][0], "options": {"limit": 2}, "places": {}})
    (folder / "run.json").write_text(json.dumps(content))
    assert (
        commands.of_task(load(folder), "toy") == "codecmark run toy.yaml --weights-root WEIGHTS --limit 2 --out again"
    )


def test_random_weights_are_asked_for_where_the_row_has_them(run: Any) -> None:
    run.setting("net", "a b", weights="random")
    run.metric("speed", quality=False)
    (row,) = run.table().rows
    assert commands.of_row(row) == "--codecs 'net/a b' --random-weights"


def test_no_place_of_the_user_is_published(told: Any, tmp_path: Path) -> None:
    folder = told.write()
    assert "/home/me" in (folder / "run.json").read_text()
    written = publish([folder], tmp_path / "site") + report(folder, tmp_path / "report")
    for path in written:
        content = path.read_bytes()
        assert b"/home/me" not in content, path
        assert b"/mnt/disk" not in content, path
    page = written[0].read_text(encoding="utf-8")
    assert "no Whisper at WEIGHTS/whisper/base.en.pt" in page
    assert "cannot read …/model.ckpt" in page
    assert "codecmark run …/toy.yaml --weights-root WEIGHTS --out …/toy-run" in page


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cannot read /a/b/c.wav: no such file", "cannot read …/c.wav: no such file"),
        ("folder:/a/b, ecapa=/a/b and ~/a/b", "folder:…/b, ecapa=…/b and ~/a/b"),
        ("https://host.org/a/b/c and a/b/c, 3/4 or /a", "https://host.org/a/b/c and a/b/c, 3/4 or /a"),
        ("'/root/b', /root2/b/c, x/root/b", "'HOME/b', …/c, x/root/b"),
    ],
)
def test_what_is_taken_for_a_place(text: str, told: str) -> None:
    assert private.hidden(text, {"/root": "HOME"}) == told
