"""The templates, styles and scripts in leaderboards/, and what a page with a strict policy needs of them."""

from __future__ import annotations

import base64
import hashlib

import jinja2

from codecmark.core import content
from codecmark.core.errors import ContentError


def environment() -> jinja2.Environment:
    """Jinja over leaderboards/templates: text is escaped, and a name that is not given is an error."""
    folders = [folder / "templates" for folder in content.folders("leaderboards")]
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def static(name: str) -> str:
    """The text of a file in leaderboards/static. Raises `ContentError` where there is none."""
    for folder in content.folders("leaderboards"):
        if (folder / "static" / name).is_file():
            return (folder / "static" / name).read_text(encoding="utf-8")
    raise ContentError(f"leaderboards/static/{name} is missing: install codecmark again")


def digest(text: str) -> str:
    """The hash by which a content security policy admits an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
