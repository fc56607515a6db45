"""From a name to a YAML file: of the checkout, of a plug-in, or a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from codecmark.core import content
from codecmark.core.errors import ContentError, UnknownName

ROOT = Path(__file__).parents[2]


def test_our_own() -> None:
    assert content.path("tasks", "quick") == ROOT / "tasks" / "quick.yaml"
    assert set(content.names("tasks")) == {path.stem for path in (ROOT / "tasks").glob("*.yaml")}
    assert content.load("tasks", "quick")["name"] == "quick"


@pytest.mark.usefixtures("plug_ins")
def test_that_of_a_plug_in() -> None:
    assert "echo" in content.names("tasks")
    assert content.path("tasks", "echo") == ROOT / "tests" / "plugins" / "echo_tasks" / "tasks" / "echo.yaml"
    assert "echo" not in content.names("reports")


def test_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my.yaml").write_text("a: 1")
    monkeypatch.chdir(tmp_path)
    assert content.load("tasks", "my.yaml") == content.load("tasks", str(tmp_path / "my.yaml")) == {"a": 1}
    with pytest.raises(ContentError, match=r"^no such file: other\.yaml$"):
        content.load("tasks", "other.yaml")
    with pytest.raises(ContentError, match=r"^no such file: \./$"):
        content.load("tasks", "./")


def test_a_name_nobody_answers_to() -> None:
    with pytest.raises(UnknownName, match=r"^unknown task 'quik': did you mean quick\?$"):
        content.path("tasks", "quik")


@pytest.mark.parametrize("text", ["a: [1", "- a", "", "42"])
def test_what_is_no_mapping(tmp_path: Path, text: str) -> None:
    (tmp_path / "my.yaml").write_text(text)
    with pytest.raises(ContentError, match=r"my\.yaml: "):
        content.load("tasks", str(tmp_path / "my.yaml"))
