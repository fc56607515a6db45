"""A suite: one YAML of tasks/ that names other tasks, run together into one folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field

from codecmark.core import content
from codecmark.harness import task as tasks
from codecmark.harness.options import RunOptions
from codecmark.harness.task import Name, Part, Task


class Suite(Part):
    """Names of tasks, or paths, in the order in which they are shown. `limit` stands for `--limit` where none is given.

    A corpus that is missing makes its task unavailable; the others run.
    """

    schema_version: Literal[1] = Field(alias="schema")
    name: Name
    title: str
    description: str = ""
    tasks: tuple[str, ...] = Field(min_length=1)
    limit: int | None = Field(default=None, ge=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A task that a user wants, and the word that names it; or the suite that names it does, with its limit."""

    task: Task
    typed: str
    suite: str | None = None
    limit: int | None = None

    @property
    def name(self) -> str:
        """What the user called it."""
        return self.suite or self.task.name

    def options(self, given: RunOptions) -> RunOptions:
        """What is asked of the task, the limit of its suite included."""
        return given if self.limit is None or given.limit is not None else replace(given, limit=self.limit)


def wanted(names: Iterable[str]) -> list[Wanted]:
    """What these names and paths stand for.

    Raises `ContentError` for a file that cannot be understood, such as a suite in a suite.
    """
    found: list[Wanted] = []
    for name in names:
        one = read(name)
        if isinstance(one, Suite):
            found += [Wanted(tasks.load(word), word, one.name, one.limit) for word in one.tasks]
        else:
            found.append(Wanted(one, name))
    return found


def read(name: str) -> Task | Suite:
    """The task or suite of that name or path."""
    data = content.load("tasks", name)
    return tasks.validated(Suite, name, data) if "tasks" in data else tasks.load(name)


def every() -> list[Task | Suite]:
    """All of tasks/, by name."""
    return [read(name) for name in content.names("tasks")]
