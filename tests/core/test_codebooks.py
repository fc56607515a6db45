"""Settings of fewer codebooks: their names, which are one and the same, what they send, and who refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codecmark import Codes, Prefix, Resources
from codecmark.codecs import dac, lyra
from codecmark.core import choose, codebooks, registry
from codecmark.core.describe import setting_plain
from codecmark.core.errors import UsageError


def ids(*words: str, wanted: Any = None) -> list[str]:
    given = None if wanted is None else codebooks.counts(wanted)
    return [setting.id for _, setting in choose.settings(words, given)]


def test_a_setting_for_each_number_declared_ones_where_there_are() -> None:
    assert ids("dac/16khz", wanted="1,3,12") == ["dac/16khz@1", "dac/16khz@3", "dac/16khz"]
    assert ids("E3", wanted=(1, 2, 8)) == ["encodec/24khz-32@1", "encodec/24khz-2", "encodec/24khz-8"]
    assert ids("lyra", wanted="16,46") == ["lyra/3.2", "lyra/9.2"]
    assert len(ids("lyra", wanted="all")) == 46


def test_one_code_has_one_name_however_it_is_asked_for() -> None:
    assert ids("encodec/24khz-8@3", "E5@3", "encodec/24khz-32@3") == ["encodec/24khz-32@3"]
    assert ids("encodec/24khz-32@8") == ["encodec/24khz-8"]
    assert ids("dac/44khz@9", "dac/44khz-16kbps@9") == ["dac/44khz", "dac/44khz-16kbps@9"]  # two networks


def test_a_name_leads_back_to_its_setting() -> None:
    for id_ in ("dac/16khz@3", "encodec/24khz-32@31", "encodec/48khz-16@5", "lyra/9.2@1", "opus/6", "encodec/24khz-2"):
        assert choose.setting(id_)[1].id == id_
        assert ids(id_) == [id_]


def test_each_network_of_a_codec_has_the_numbers_it_can() -> None:
    found = ids("encodec", wanted="1,16,32")
    assert found == [
        "encodec/24khz-32@1",
        "encodec/24khz-16",
        "encodec/24khz-32",
        "encodec/48khz-16@1",
        "encodec/48khz-16",
    ]
    assert ids("dac@20") == ["dac/24khz@20"]


def test_what_is_derived_says_so() -> None:
    plain = setting_plain(choose.setting("dac/24khz@2"), Resources())
    assert plain["title"] == "DAC 24khz: 2 of 32 codebooks, 1.5 kbps"
    assert (plain["id"], plain["name"], plain["survey_id"]) == ("dac/24khz@2", "24khz@2", None)
    assert (plain["n_codebooks"], plain["kbps"], plain["frame_rate"]) == (2, 1.5, 75.0)
    assert choose.setting("encodec/48khz-16@3")[1].kbps == pytest.approx(3 * 1.5 / 0.99)


@pytest.mark.parametrize(
    ("words", "wanted", "message"),
    [
        (["dac/16khz"], "1,13", r"^dac/16khz has 12 codebooks, not 13: give 1 to 12$"),
        (["dac/16khz@13"], None, r"^dac/16khz has 12 codebooks, not 13"),
        (["encodec", "dac/16khz"], "16", r"^dac/16khz has 12 codebooks, not 16"),
        (["E1"], "4", r"^encodec/24khz-2 has 2 codebooks, not 4"),
        (["opus", "identity"], "1,2", r"^--codebooks: none of opus, identity has codebooks$"),
        (["opus/6@2"], None, r"^'opus/6@2': opus/6 has no codebooks$"),
        (["dac@0"], None, r"^codebooks '0': give whole numbers from 1"),
        (["dac@x"], None, r"^codebooks 'x': give whole numbers from 1"),
    ],
)
def test_numbers_that_cannot_be_had(words: list[str], wanted: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ids(*words, wanted=wanted)


@pytest.mark.parametrize("given", ["", "0", "1,-2", "two", "1,,x", "1.5", (), (0,), 0])
def test_lists_of_numbers_that_are_none(given: Any) -> None:
    with pytest.raises(UsageError, match="give whole numbers from 1, such as 1,2,4,8, or all"):
        codebooks.counts(given)


def test_lists_of_numbers() -> None:
    assert codebooks.counts("4, 1,4") == (4, 1)
    assert codebooks.counts("all") == "all"
    assert codebooks.counts(3) == (3,)


def test_byte_codecs_beside_others_stay_as_they_are() -> None:
    assert ids("opus/6", "dac/16khz", wanted="2") == ["opus/6", "dac/16khz@2"]


@pytest.fixture
def refuses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    card = replace(dac.CARD, prefix=Prefix(False, "all groups are needed"))
    monkeypatch.setattr(dac, "PLUGIN", replace(dac.PLUGIN, card=card))
    registry.forget()
    yield
    monkeypatch.undo()
    registry.forget()


@pytest.mark.usefixtures("refuses")
def test_a_codec_without_a_valid_prefix_refuses_with_the_reason() -> None:
    reason = "^dac/16khz: a prefix of its codebooks is no valid lower rate: all groups are needed$"
    for words, wanted in ((["dac"], "1"), (["lyra", "dac/16khz"], "1"), (["dac/16khz@3"], None)):
        with pytest.raises(UsageError, match=reason):
            ids(*words, wanted=wanted)
    everything = ids("*", wanted="1")  # nobody named it: its settings stay as they are
    assert {id_ for id_ in everything if id_.startswith("dac")} == {setting.id for setting in dac.PLUGIN.settings}
    assert "encodec/24khz-32@1" in everything


def test_a_card_that_does_not_say_is_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = replace(lyra.PLUGIN, card=replace(lyra.CARD, prefix=None))
    assert "its card does not say" in str(codebooks.refusal((plugin, plugin.settings[0])))


def test_the_codes_are_the_first_ones_of_the_whole(voice: Any) -> None:
    """Of a network in full size, opened as a run would open it."""
    plugin, whole = choose.setting("encodec/24khz-32")
    resources = Resources(random_weights=True)
    clip = voice(0.2, whole.sample_rate)
    (every,) = plugin.open(whole, resources).encode([clip])  # type: ignore[union-attr]
    assert isinstance(every, Codes)
    for count in (1, len(whole.streams) - 1):
        _, fewer = codebooks.first((plugin, whole), count)
        (sent,) = plugin.open(fewer, resources).encode([clip])  # type: ignore[union-attr]
        assert isinstance(sent, Codes)
        np.testing.assert_array_equal(sent.streams, every.streams[:count])
        assert sent.codebook_sizes == every.codebook_sizes[:count]
        assert sent.token_bits == pytest.approx(every.token_bits * count / len(whole.streams))
