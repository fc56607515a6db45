"""Settings of fewer codebooks than a codec declares: `dac/16khz@3` sends the first three codebooks of `dac/16khz`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from codecmark.core.errors import UsageError
from codecmark.core.plugins import Choice, ModelPlugin
from codecmark.core.settings import Setting

Counts = tuple[int, ...] | Literal["all"]
"""Numbers of codebooks, or every one that there is."""


def counts(given: str | int | Sequence[int]) -> Counts:
    """Numbers of codebooks from what a user gives: `1,2,4,8`, `all`, or numbers. Raises `UsageError` for the rest."""
    if isinstance(given, str) and given.strip() == "all":
        return "all"
    words = given.split(",") if isinstance(given, str) else [given] if isinstance(given, int) else given
    try:
        numbers = tuple(dict.fromkeys(int(word) for word in words))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1:
        raise UsageError(f"codebooks {given!r}: give whole numbers from 1, such as 1,2,4,8, or all")
    return numbers


def refusal(choice: Choice) -> str | None:
    """Why there are no settings of fewer codebooks than this one's; None where there are."""
    plugin, setting = choice
    if not setting.streams:
        return f"{setting.id} has no codebooks"
    prefix = plugin.card.prefix
    if prefix is not None and prefix.valid:
        return None
    why = prefix.reason if prefix is not None else "its card does not say that it is"
    return f"{setting.id}: a prefix of its codebooks is no valid lower rate: {why}"


def first(choice: Choice, count: int) -> Choice:
    """The setting that sends the first `count` codebooks of this one: one that is declared, where there is one.

    Else it is named after the largest setting of the same network, so that one code has one name.
    Raises `UsageError` where there is none.
    """
    plugin, setting = choice
    if (why := refusal(choice)) is not None:
        raise UsageError(why)
    if not 1 <= count <= len(setting.streams):
        have = len(setting.streams)
        raise UsageError(f"{setting.id} has {have} codebook{'s' * (have > 1)}, not {count}: give 1 to {have}")
    kin = [one for one in plugin.settings if _one_network(plugin, one, setting)]
    for one in kin:
        if len(one.streams) == count:
            return plugin, one
    return plugin, _cut(plugin, max(kin, key=lambda one: len(one.streams)), count)


def sweep(choices: Sequence[Choice], wanted: Counts) -> list[Choice]:
    """The settings at each number of codebooks that they have; those that have no valid prefix stay as they are.

    Raises `UsageError` where no setting may be cut, and for a number that none of them has.
    """
    able = [choice for choice in choices if refusal(choice) is None]
    coded = [choice for choice in choices if choice[1].streams]
    if coded and not able:
        raise UsageError(refusal(coded[0]))
    if able and wanted != "all":
        first(max(able, key=lambda choice: len(choice[1].streams)), max(wanted))  # raises where even that has too few
    found: dict[str, Choice] = {}
    for choice in choices:
        have = range(1, len(choice[1].streams) + 1)
        numbers: Iterable[int] = have if wanted == "all" else (count for count in wanted if count in have)
        for one in [first(choice, count) for count in numbers] if choice in able else [choice]:
            found.setdefault(one[1].id, one)
    return list(found.values())


def _one_network(plugin: ModelPlugin, one: Setting, other: Setting) -> bool:
    """Whether two settings differ only in how many codebooks they send."""
    shorter, longer = sorted((one.streams, other.streams), key=len)
    same = all(getattr(one, name) == getattr(other, name) for name in ("sample_rate", "channels", "options"))
    return same and shorter == longer[: len(shorter)] and plugin.weights(one) == plugin.weights(other)


def _cut(plugin: ModelPlugin, whole: Setting, count: int) -> Setting:
    cut = replace(whole, streams=whole.streams[:count], survey_id=None, is_prefix=True)
    name = f"{plugin.card.title} {whole.name}"
    return replace(cut, title=f"{name}: {count} of {len(whole.streams)} codebooks, {cut.kbps:.4g} kbps")
