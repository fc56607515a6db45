"""From a name to a YAML file in tasks/, leaderboards/ or reports/: of the wheel, the checkout, a plug-in, or a path."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path
from typing import Any, Literal

from codecmark.core.errors import ContentError, UnknownName

Room = Literal["tasks", "leaderboards", "reports"]

_PACKAGE = Path(__file__).resolve().parents[1]


def folders(room: Room) -> list[Path]:
    """The folders that hold content of a room, ours first. A plug-in's entry point in `codecmark.content` names a
    package that has the room as a folder."""
    ours = _PACKAGE / "_content" / room
    found = [ours if ours.is_dir() else _PACKAGE.parents[1] / room]
    for point in importlib.metadata.entry_points(group="codecmark.content"):
        spec = importlib.util.find_spec(point.value)
        found += [Path(place) / room for place in (spec.submodule_search_locations or [])] if spec else []
    return [folder for folder in found if folder.is_dir()]


def names(room: Room) -> list[str]:
    """The names of the YAML files of a room, sorted."""
    return sorted({path.stem for folder in folders(room) for path in folder.glob("*.yaml")})


def path(room: Room, name: str) -> Path:
    """The file behind a name, or behind a path to a YAML file.

    Raises `ContentError` for a path that does not exist, `UnknownName` for a name nobody answers to.
    """
    if name.endswith((".yaml", ".yml")) or "/" in name:
        if not Path(name).is_file():
            raise ContentError(f"no such file: {name}")
        return Path(name)
    for folder in folders(room):
        if (folder / f"{name}.yaml").is_file():
            return folder / f"{name}.yaml"
    raise UnknownName(room.removesuffix("s"), name, names(room))


def load(room: Room, name: str) -> dict[str, Any]:
    """The mapping in that file. Raises `ContentError` naming the file and line when it is not one."""
    import yaml

    file = path(room, name)
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ContentError(f"{file}: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ContentError(f"{file}: expected a mapping at the top of the file")
    return content
