"""From what a user types to the settings meant: `opus`, `opus/12`, `E3`, `enc*`, `*`, `dac/16khz@3`, in a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from codecmark.core import codebooks, registry
from codecmark.core.codebooks import Counts
from codecmark.core.errors import UnknownName, UsageError
from codecmark.core.plugins import Choice, ModelPlugin


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


def settings(words: Iterable[str], wanted: Counts | None = None, kind: type[ModelPlugin] | None = None) -> list[Choice]:
    """The settings that the words name, each once, in the order named; with `wanted` at these numbers of codebooks.

    A word is a model, a setting's id, a survey id, or a glob over ids and models, of one `kind` where that is given;
    `@3` behind it means the first three codebooks. Raises `UnknownName` for a word that matches nothing, `PluginError`
    for a model named that cannot be loaded, `UsageError` for numbers of codebooks that cannot be had of a word, or of
    any.
    """
    found: dict[str, Choice] = {}
    cut = False
    for word in words:
        matching = _matching(word, kind)
        for choice in matching if wanted is None else codebooks.sweep(matching, wanted):
            cut = cut or codebooks.refusal(choice) is None
            found.setdefault(choice[1].id, choice)
    if wanted is not None and not cut:
        raise UsageError(f"--codebooks: none of {', '.join(words)} has codebooks")
    return list(found.values())


def setting(id_: str) -> Choice:
    """The plug-in and setting behind an id. Raises `UnknownName` where there is none."""
    (choice,) = settings([id_])
    return choice


def _matching(word: str, kind: type[ModelPlugin] | None) -> list[Choice]:
    base, at, count = word.rpartition("@")
    if at:
        coded = [choice for choice in _matching(base, kind) if choice[1].streams]
        if not coded:
            raise UsageError(f"'{word}': {base} has no codebooks")
        able = [choice for choice in coded if codebooks.refusal(choice) is None]
        return codebooks.sweep(able or coded, codebooks.counts(count))
    if word in registry.names("codecs") or word in registry.names("lms"):
        plugin = registry.model(word)
        return [(plugin, setting) for setting in plugin.settings]
    choices = everything()
    matches = [choice for choice in choices if _means(word, choice, kind)]
    if not matches:
        known = {name for plugin, setting in choices for name in (plugin.name, setting.id, setting.survey_id) if name}
        raise UnknownName("codec or setting", word, known)
    return matches


def _means(word: str, choice: Choice, kind: type[ModelPlugin] | None) -> bool:
    plugin, setting = choice
    if word in (setting.survey_id, setting.id):
        return True
    of_kind = kind is None or isinstance(plugin, kind)
    return of_kind and (fnmatchcase(setting.id, word) or fnmatchcase(setting.model, word))


def everything() -> list[Choice]:
    """Every setting of every model that can be loaded."""
    return [(plugin, setting) for plugin in registry.models() for setting in plugin.settings]
