"""Interpreters of their own, for models whose packages contradict ours: what they are made of, whether they are here.

CODECMARK_HOME/envs/NAME/made.json     what was made, written last: without it, nothing was
CODECMARK_HOME/envs/NAME/venv          the virtual environment
CODECMARK_HOME/envs/NAME/source        the checkout of the original, at its pinned commit
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from codecmark.core.errors import PluginError, WeightsMissing
from codecmark.core.resources import home

MADE_SCHEMA = 1


class EnvironmentState(StrEnum):
    """Whether an environment can be used: `broken` if it was not finished, is of other requirements, or lost a part."""

    MISSING = "missing"
    READY = "ready"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An environment on this machine: its interpreter, and its checkout with the commit found there.

    `recipe` names what it was made from; a commit has `+changes` behind it if the checkout had some.
    """

    recipe: str
    python: str
    python_version: str
    source: str | None
    commit: str | None
    created: str
    schema: int = MADE_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What an interpreter of its own is made of.

    `folder` holds requirements.txt and adapter.py, which runs in that interpreter (see core/worker.py); by default it
    is codecmark/envs/NAME. `pythons` are the versions it works with, as 3.10; none given, all from 3.8. `repository`
    and `commit` pin the original where that is no package.
    Opening a model may take `open_seconds`, an answer `answer_seconds`; a dead one is started again `restarts` times.
    """

    name: str
    folder: Path | None = None
    pythons: tuple[str, ...] = ()
    repository: str | None = None
    commit: str | None = None
    open_seconds: float = 600.0
    answer_seconds: float = 600.0
    restarts: int = 3

    def __post_init__(self) -> None:
        if (self.repository is None) != (self.commit is None):
            raise ValueError(f"environment '{self.name}': a repository is pinned by its commit")

    @property
    def place(self) -> Path:
        """The folder it is made in."""
        return environments_folder() / self.name

    @property
    def requirements(self) -> Path:
        return self._content / "requirements.txt"

    @property
    def adapter(self) -> Path:
        return self._content / "adapter.py"

    @property
    def _content(self) -> Path:
        return self.folder or Path(__file__).resolve().parents[1] / "envs" / self.name

    def recipe(self) -> str:
        """Names what it is made from: a hash of the requirements and the pinned commit.

        Raises `PluginError` where there are no requirements to read.
        """
        try:
            requirements = self.requirements.read_text(encoding="utf-8")
        except OSError as error:
            raise PluginError(
                f"environment '{self.name}': cannot read {self.requirements}: {error.strerror}"
            ) from error
        return hashlib.sha256(f"{self.repository} {self.commit}\n{requirements}".encode()).hexdigest()[:16]

    def made(self) -> Made:
        """What is on this machine. Raises `WeightsMissing` saying what to do where it cannot be used."""
        if lacking := self.lacking():
            raise WeightsMissing(lacking)
        return self._record()

    def lacking(self) -> str | None:
        """Why it cannot be used, and what to do."""
        state, trouble = self.state()
        if state is EnvironmentState.READY:
            return None
        found = f"{state} ({trouble})" if trouble else state
        return f"environment '{self.name}' is {found} (codecmark env create {self.name})"

    def state(self) -> tuple[EnvironmentState, str]:
        """Whether it is here, and what is wrong with it. Looks at files only; nothing is started."""
        if not self.place.is_dir():
            return EnvironmentState.MISSING, ""
        try:
            made = self._record()
        except FileNotFoundError:
            return EnvironmentState.BROKEN, "not finished"
        except (OSError, ValueError, TypeError):
            return EnvironmentState.BROKEN, "made.json is damaged"
        if made.recipe != self.recipe():
            return EnvironmentState.BROKEN, "made from other requirements or another commit"
        gone = [place for place in (made.python, made.source) if place and not Path(place).exists()]
        return (EnvironmentState.BROKEN, f"{gone[0]} is gone") if gone else (EnvironmentState.READY, "")

    def _record(self) -> Made:
        made = Made(**json.loads((self.place / "made.json").read_text(encoding="utf-8")))
        if made.schema != MADE_SCHEMA:
            raise ValueError(f"schema {made.schema}")
        return made

    def unmake(self) -> None:
        """Says that it is not made, before it is taken apart."""
        (self.place / "made.json").unlink(missing_ok=True)

    def write(self, made: Made) -> None:
        """Says that it is made, in one piece."""
        part = self.place / ".made.json"
        part.write_text(json.dumps(asdict(made), indent=1), encoding="utf-8")
        part.replace(self.place / "made.json")

    def plain(self) -> dict[str, str | None]:
        """As run.json and `codecmark list --json` give it."""
        state, trouble = self.state()
        plain = {"name": self.name, "state": str(state), "trouble": trouble or None}
        if state is not EnvironmentState.READY:
            return plain
        made = self._record()
        return {**plain, "recipe": made.recipe, "python": made.python_version, "commit": made.commit}


def environments_folder() -> Path:
    """Where environments are made."""
    return home() / "envs"


def present() -> list[str]:
    """The names of the environments on this machine, whole or half made, sorted."""
    return sorted(path.name for path in environments_folder().glob("[!.]*"))
