"""The family of errors, its tree in the docstring, and the suggestions."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from codecmark.core import errors
from codecmark.core.errors import ClipError, CodecmarkError, UnknownName


def test_the_tree_in_the_docstring_is_the_family() -> None:
    classes = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, CodecmarkError)]
    drawn: list[tuple[int, str]] = []
    for line in str(errors.__doc__).splitlines():
        if found := re.match(r"^([│├└─ ]*)([A-Z]\w+)  ", line):
            drawn.append((len(found[1]) // 4, found[2]))
    parents: dict[str, str] = {}
    above: dict[int, str] = {}
    for depth, name in drawn:
        above[depth] = name
        parents[name] = above.get(depth - 1, "Exception")
    assert parents == {one.__name__: one.__bases__[0].__name__ for one in classes}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("opsu", r"unknown codec 'opsu': did you mean opus\?"),
        ("lyr", r"unknown codec 'lyr': did you mean lyra\?"),
        ("zzz", "unknown codec 'zzz': known: lyra, mp3, opus"),
    ],
)
def test_near_names_are_suggested_else_all_are_listed(name: str, hint: str) -> None:
    assert re.fullmatch(hint, str(UnknownName("codec", name, {"opus", "lyra", "mp3"})))
    assert str(UnknownName("codec", name, [])) == f"unknown codec '{name}': known: none"


def test_a_clip_error_crosses_processes() -> None:
    error = pickle.loads(pickle.dumps(ClipError("silent", "nothing to hear")))
    assert (error.kind, error.message, str(error)) == ("silent", "nothing to hear", "nothing to hear")
