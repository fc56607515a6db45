"""The command line of a run, from the options that run.json keeps."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from codecmark.results.command import command


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ""),
        ({"weights_root": "w", "limit": 8, "offline": True}, "--weights-root w --limit 8 --offline"),
        ({"codecs": ["opus/6", "E3"], "metrics": ["stoi"]}, "--codecs opus/6,E3 --metrics stoi"),
        ({"evaluators": {"whisper": "base.en", "ecapa": "e"}}, "--evaluator whisper=base.en --evaluator ecapa=e"),
        ({"clips": ["a b.wav", "c,d"]}, "--clip 'a b.wav' --clip c,d"),
        ({"trust_pickle": ["dac", "x"]}, "--trust-pickle dac --trust-pickle x"),
    ],
)
def test_options_in_their_spelling(options: dict[str, Any], words: str) -> None:
    assert shlex.split(command(["quick"], options)) == shlex.split(f"codecmark run quick {words}")
