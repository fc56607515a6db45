"""`codecmark env`: the interpreters of their own that some models need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from codecmark.core.environments import Environment

env = typer.Typer(help="Make, list and remove environments: interpreters for models whose packages contradict ours.")


@env.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An environment (codecmark env list).")],
    python: Annotated[
        str | None, typer.Option(metavar="PYTHON", help="The Python to make it with, by name or path.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A checkout of the original at its pinned commit, used as it is.")
    ] = None,
    existing: Annotated[
        str | None,
        typer.Option(metavar="PYTHON", help="A Python that has all the packages already; nothing is installed."),
    ] = None,
) -> None:
    """Make an environment.

    That is a virtual environment with what is required in it, and the original at its pinned commit. What has begun
    and did not end leaves nothing, or is said to be broken.
    """
    from codecmark.core.errors import UsageError
    from codecmark.core.provision import create as make

    if python is not None and existing is not None:
        raise UsageError("give --python or --existing, not both")
    made = make(_known(name), python=python, existing=existing, source=source)
    typer.echo(f"{name} is ready: Python {made.python_version} at {made.python}")


@env.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List environments, their state and size."""
    from codecmark.cli.list import aligned
    from codecmark.core import registry
    from codecmark.core.environments import environments_folder, present

    rows: list[dict[str, Any]] = []
    for environment, models in registry.environments().values():
        rows.append({"python": None, "commit": None, **environment.plain(), "models": models})
    blank: dict[str, Any] = {"python": None, "commit": None, "models": [], "trouble": "no plug-in uses it"}
    known = {row["name"] for row in rows}
    rows += [{"name": name, "state": "unused", **blank} for name in present() if name not in known]
    for row in rows:
        row["mb"] = round(_bytes(environments_folder() / row["name"]) / 1e6)
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    else:
        typer.echo(aligned(rows, ("name", "state", "mb", "python", "commit", "models", "trouble")))


@env.command()
def remove(name: Annotated[str, typer.Argument(metavar="NAME", help="An environment that is here.")]) -> None:
    """Remove an environment, whole or half made.

    A checkout that --source named, or a Python that --existing named, stays.
    """
    from codecmark.core.provision import remove as take_away

    take_away(name)


def _known(name: str) -> Environment:
    from codecmark.core import registry
    from codecmark.core.errors import UnknownName

    known = registry.environments()
    if name not in known:
        raise UnknownName("environment", name, known)
    return known[name][0]


def _bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_symlink())
