"""The acts of codec language models: the survey's, what a request must hold, what an answer must."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from codecmark import Audio, Request, Response
from codecmark.core.acts import ACTS, RESYNTHESIS, act, check_request, check_response
from codecmark.core.errors import ClipError, UnknownName

SOUND = Audio(np.ones(10), 10)
FILLED: dict[str, Any] = {
    "text": "hello",
    "phonemes": ("h",),
    "midi": ((60, 0.0, 1.0),),
    "instruction": "louder",
    "audio": SOUND,
    "prompt": SOUND,
    "prompt_text": "so",
    "edit_span": (0.0, 0.5),
    "source_language": "en",
    "target_language": "zh",
    "max_seconds": 2.0,
}


def test_the_acts_are_those_of_the_survey(shared: Path) -> None:
    survey = yaml.safe_load((shared / "survey" / "tables.yaml").read_text(encoding="utf-8"))
    assert list(ACTS) == [one["abbr"] for one in survey["tasks"]]
    assert {name for model in survey["lms"] for name in model["tasks"]} == set(ACTS)


def test_the_acts_are_twenty_four() -> None:
    expected = "SC PC AC TTS MG SG S2ST ASR SLU SER AAC S2TT MT SE SR TSE SPED VC SVS TTSO TTM AUED SD ITTS"
    assert sorted(ACTS) == sorted(expected.split(" "))
    assert len(ACTS) == 24
    assert RESYNTHESIS not in ACTS


def test_each_names_fields_that_there_are() -> None:
    asked = {field.name for field in fields(Request)}
    given = {field.name for field in fields(Response)}
    for one in ACTS.values():
        assert set(one.needs) <= FILLED.keys() <= asked
        assert one.uses <= asked
        assert one.returns
        assert set(one.returns) <= given
        assert not set(one.needs) & set(one.may)


@pytest.mark.parametrize("name", ACTS)
def test_a_request_must_hold_all_that_its_act_needs(name: str) -> None:
    needed = {field: FILLED[field] for field in ACTS[name].needs}
    check_request(Request(id="a", act=name, **needed))
    for field in needed:
        with pytest.raises(ClipError, match=f"^{name} needs '{field}', which 'a' has not$") as caught:
            check_request(Request(id="a", act=name, **{**needed, field: None}))
        assert caught.value.kind == "incomplete_request"


def test_an_empty_text_is_none() -> None:
    with pytest.raises(ClipError, match="MT needs 'text'"):
        check_request(Request(id="a", act="MT", text="", source_language="en", target_language="zh"))


def test_what_an_act_has_no_use_for_could_be_the_answer() -> None:
    for name in ("ASR", "AAC", "SLU", "SER", "S2TT", "S2ST"):
        assert "text" not in ACTS[name].uses


def test_an_answer_must_hold_what_the_act_returns() -> None:
    check_response("SE", Response(audio=SOUND))
    check_response("ASR", Response(text=""))
    check_response("SER", Response(labels={"emotion": "calm"}))
    check_response("SG", Response(audio=Audio(np.ones((2, 10)), 10)))
    for name, answer, lacking in (
        ("SE", Response(text="hello"), "SE returns 'audio'"),
        ("ASR", Response(audio=SOUND), "ASR returns 'text'"),
        ("SER", Response(text="calm"), "SER returns 'labels'"),
        ("SG", Response(audio=SOUND), "SG returns audio of 2 channels, the answer has 1"),
    ):
        with pytest.raises(ClipError, match=lacking) as caught:
            check_response(name, answer)
        assert caught.value.kind == "incomplete_response"


def test_an_act_that_there_is_not() -> None:
    with pytest.raises(UnknownName, match="unknown act 'TTZ': did you mean TTS"):
        act("TTZ")
    with pytest.raises(UnknownName, match="unknown act"):
        check_request(Request(id="a", act=RESYNTHESIS))
