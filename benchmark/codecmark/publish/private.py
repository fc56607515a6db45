"""What a run knows and a page should not tell: where on their disk those who measured keep things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from codecmark.results.card import RunCard

ABSOLUTE = re.compile(r"""(?<![\w./~-])/(?:[^/\s"'\\:;,]+/)+(?=[^/\s])""")
"""All of an absolute path but its last part. In an address a slash follows a slash or a name."""
FOLDER = "…/"
"""Stands for it."""


def places(card: RunCard) -> dict[str, str]:
    """The folders that were named in any session, each with the word that stands for it."""
    return {path: word for session in card.sessions for path, word in session.get("places", {}).items()}


def hidden(text: str, places: Mapping[str, str]) -> str:
    """The text with words for these folders, and with no more than the last part of any other absolute path."""
    for path in sorted(places, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.-]){re.escape(path)}(?![\w-])", places[path], text)
    return ABSOLUTE.sub(FOLDER, text)


def without_places(card: RunCard, path: Path) -> RunCard:
    """The card as it may be published; `path` is where it was read."""
    return RunCard.from_json(hidden(card.to_json(), places(card)), path)
