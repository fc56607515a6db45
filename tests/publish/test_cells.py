"""What stands beside the name of a row."""

from __future__ import annotations

from typing import Any

import pytest

from codecmark.publish.cells import breakable, marks, restricted


@pytest.mark.parametrize(
    ("code", "weights", "licence"),
    [
        ("MIT", None, ""),
        ("CC-BY-NC-4.0; a network of our own runs it", "MIT", "CC-BY-NC-4.0"),
        ("MIT", "CC-BY-NC-SA-4.0: not for sale", "CC-BY-NC-SA-4.0"),
        ("MIT", "for non-commercial use", "non-commercial"),
        ("Apache-2.0 (sync)", "CC BY 4.0", ""),
    ],
)
def test_licences_that_forbid_commerce(code: str, weights: str | None, licence: str) -> None:
    assert restricted({"code_licence": code, "weights_licence": weights}) == licence


def test_a_configuration_is_assumed_only_of_random_weights(run: Any) -> None:
    options = {"configuration": "assumed where weights are random"}
    run.setting("net", "1", options=options, weights="random")
    run.setting("net", "2", options=options, weights="available")
    run.metric("speed", quality=False)
    found = {row.id: marks(row) for row in run.table().rows}
    assert found == {"net/1": ["random weights", "configuration assumed"], "net/2": []}


def test_names_break_behind_separators_and_stay_text() -> None:
    assert breakable("a_b/<c>") == "a_<wbr>b/<wbr>&lt;c&gt;"
