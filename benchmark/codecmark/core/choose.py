"""From what a user types to the settings meant: `opus`, `opus/12`, `E3`, `enc*`, `*`, in a comma list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from codecmark.core import registry
from codecmark.core.errors import UnknownName, UsageError
from codecmark.core.plugins import CodecPlugin, LMPlugin, ModelPlugin
from codecmark.core.settings import Setting

Choice = tuple[ModelPlugin, Setting]


def words(value: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """A list given as a comma-separated string or as a sequence, each word once; None stays None.

    Raises `UsageError` for a list of nothing.
    """
    if value is None:
        return None
    given = value.split(",") if isinstance(value, str) else value
    found = tuple(dict.fromkeys(word.strip() for word in given if word.strip()))
    if not found:
        raise UsageError(f"{value!r} names nothing: leave the option out to get all")
    return found


def settings(words: Iterable[str]) -> list[Choice]:
    """The settings that the words name, each once, in the order named.

    A word is a model, a setting's id, a survey id, or a glob over ids and models. Raises `UnknownName` for a word that
    matches nothing, `PluginError` for a model named that cannot be loaded.
    """
    found: dict[str, Choice] = {}
    for word in words:
        for choice in _matching(word):
            found.setdefault(choice[1].id, choice)
    return list(found.values())


def _matching(word: str) -> list[Choice]:
    if word in registry.names("codecs") or word in registry.names("lms"):
        plugin = registry.model(word)
        return [(plugin, setting) for setting in plugin.settings]
    choices = everything()
    matches = [choice for choice in choices if _means(word, choice[1])]
    if not matches:
        known = {name for plugin, setting in choices for name in (plugin.name, setting.id, setting.survey_id) if name}
        raise UnknownName("codec or setting", word, known)
    return matches


def _means(word: str, setting: Setting) -> bool:
    return word == setting.survey_id or fnmatchcase(setting.id, word) or fnmatchcase(setting.model, word)


def everything() -> list[Choice]:
    """Every setting of every model that can be loaded."""
    plugins: list[ModelPlugin] = [*registry.every(CodecPlugin)[0], *registry.every(LMPlugin)[0]]
    return [(plugin, setting) for plugin in plugins for setting in plugin.settings]
