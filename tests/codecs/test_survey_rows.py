"""The codecs here are the rows of the survey's Tab.01, with its numbers of codebooks, rates and bit rates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

ROUNDED = {"D3": 8}
"""Bit rates in kbps that the survey prints rounded: D3 sends 7.752."""


def test_every_row_of_the_survey_is_a_setting(shared: Path, cli: Any) -> None:
    printed = {row["id"]: row for row in yaml.safe_load((shared / "survey/tables.yaml").read_text("utf-8"))["codecs"]}
    listed = {row["survey_id"]: row for row in json.loads(cli("list", "codecs", "--json").out) if row["survey_id"]}
    assert len(printed) == 19
    assert listed.keys() == printed.keys()
    for row, facts in printed.items():
        found = listed[row]
        assert (found["n_codebooks"], found["sample_rate"]) == (facts["n_c"], facts["sample_rate_hz"]), row
        assert found["kbps"] * 1000 == pytest.approx(facts["derived"]["bitrate_bps"], abs=0.5), row
        assert ROUNDED.get(row, round(found["kbps"], 3)) == facts["bps_kbps_survey"], row
        assert found["frame_rate"] == pytest.approx(facts["derived"]["frame_rate_hz"], abs=0.01), row
        assert found["codebook_size"] == facts["derived"]["codebook_size"], row


def test_a_soundstream_is_listed_and_the_hop_of_row_c_is_explained(cli: Any) -> None:
    listed = {row["id"]: row for row in json.loads(cli("list", "codecs", "--json").out)}
    assert listed["lyra/6"]["card"]["title"] == "Lyra V2 (SoundStream)"
    (row_c,) = [row for row in listed.values() if row["survey_id"] == "C"]
    assert row_c["sample_rate"] / row_c["frame_rate"] == 300
    assert any("300" in note for note in row_c["card"]["notes"])
