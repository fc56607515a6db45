"""Reading configurations: JSON or YAML, and one line for whatever is not there or not so."""

from __future__ import annotations

from pathlib import Path

import pytest

from codecmark.core.errors import WeightsError
from codecmark.nn import configurations


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.json", '{"rate": 16000, "encoder_conf": {"ratios": [8, 5], "small": 1e-3}}'),
        ("config.yaml", "rate: 16000\nencoder_conf:\n  ratios: [8, 5]\n  small: 0.001\n"),
    ],
)
def test_what_it_says_and_what_it_does_not(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    given = configurations.read(tmp_path / name)
    assert (given["rate"], given.part("encoder_conf")["ratios"]) == (16000, [8, 5])
    assert given.part("encoder_conf").get("small", 0) == 1e-3
    assert given.get("norm", "none") == "none"
    with pytest.raises(WeightsError, match=f"{name} says nothing of 'norm'$"):
        given["norm"]
    with pytest.raises(WeightsError, match=f"{name} under 'encoder_conf' says nothing of 'norm'$"):
        given.part("encoder_conf")["norm"]
    with pytest.raises(WeightsError, match=f"{name} has 16000 under 'rate'"):
        given.part("rate")


@pytest.mark.parametrize(
    ("name", "text"), [("config.json", "{"), ("config.yaml", "a: [1\nb: }"), ("config.json", "[1]"), ("c.yaml", None)]
)
def test_one_line_says_what_is_wrong(name: str, text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(WeightsError, match=name) as raised:
        configurations.read(tmp_path / name)
    assert "\n" not in str(raised.value)
