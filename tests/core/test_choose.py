"""From what a user types to the settings meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codecmark.codecs import opus
from codecmark.core import choose, registry
from codecmark.core.errors import UnknownName, UsageError
from codecmark.core.plugins import CodecPlugin, LMPlugin


def ids(*words: str) -> list[str]:
    return [setting.id for _, setting in choose.settings(words)]


def test_a_model_a_setting_and_globs() -> None:
    assert ids("opus") == [f"opus/{kbps}" for kbps in (6, 8, 12, 16, 24, 32)]
    assert ids("opus/12") == ["opus/12"]
    assert ids("opus/1*") == ["opus/12", "opus/16"]
    assert ids("mul*/16khz") == ["mulaw/16khz"]
    assert ids("mul*", "lyra/3.2") == ["mulaw/8khz", "mulaw/16khz", "lyra/3.2"]
    assert set(ids("*")) == {setting.id for _, setting in choose.everything()}


def test_each_once_in_the_order_named() -> None:
    assert ids("opus/24", "opus", "opus/6") == ["opus/24", "opus/6", "opus/8", "opus/12", "opus/16", "opus/32"]


def test_a_row_of_the_survey(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tuple(replace(one, survey_id={"8": "Z9"}.get(one.name)) for one in opus.PLUGIN.settings)
    monkeypatch.setattr(opus, "PLUGIN", replace(opus.PLUGIN, settings=settings))
    registry.forget()
    try:
        assert ids("Z9") == ["opus/8"]
    finally:
        registry.forget()


@pytest.mark.parametrize("word", ["opsu", "opus/13", "Opus", "x*", "", "opus/"])
def test_a_word_that_names_nothing(word: str) -> None:
    with pytest.raises(UnknownName, match="unknown codec or setting"):
        ids(word)


def test_lists() -> None:
    assert choose.words(None) is None
    assert choose.words("a, b,,a ,c") == ("a", "b", "c")
    assert choose.words(["b", "a", "b"]) == ("b", "a")
    nothings: list[str | list[str]] = ["", " , ", []]
    for nothing in nothings:
        with pytest.raises(UsageError, match="names nothing"):
            choose.words(nothing)


def test_a_glob_may_be_of_one_kind_and_a_name_is_of_any() -> None:
    for kind, rest in ((CodecPlugin, LMPlugin), (LMPlugin, CodecPlugin)):
        found = choose.settings(["*"], kind=kind)
        assert found
        assert not any(isinstance(plugin, rest) for plugin, _ in found)
    chosen = choose.settings(["opus/1*", "valle", "vallex/published"], kind=CodecPlugin)
    assert [setting.id for _, setting in chosen] == ["opus/12", "opus/16", "valle/published", "vallex/published"]
    assert [setting.id for _, setting in choose.settings(["lyra/6"], kind=LMPlugin)] == ["lyra/6"]
    with pytest.raises(UnknownName, match=r"'valle\*'"):
        choose.settings(["valle*"], kind=CodecPlugin)
