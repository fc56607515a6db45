"""The letters of sources and the numbers of footnotes in a table of the survey."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping

from codecmark.publish.facts import NoteFacts, SourceFacts
from codecmark.publish.survey_table import Footnote, Notes, Source


class Sources:
    """The sources of one table by key, lettered in the order in which the table names them."""

    def __init__(self, described: Mapping[str, SourceFacts]) -> None:
        self._described = described
        self._named: dict[str, Source] = {}

    def __getitem__(self, key: str) -> Source:
        if key not in self._named:
            mark = string.ascii_lowercase[len(self._named)]
            self._named[key] = Source(key=key, mark=mark, **self._described[key].model_dump())
        return self._named[key]

    def all(self) -> tuple[Source, ...]:
        """Those that were named."""
        return tuple(self._named.values())


def noted(notes: Iterable[NoteFacts]) -> Notes:
    """Numbers the footnotes that have a place, in their order."""
    whole: list[Footnote] = []
    numbered: list[Footnote] = []
    marks: dict[tuple[str, str], tuple[int, ...]] = {}
    for note in notes:
        if not note.at:
            whole.append(Footnote(None, note.text))
            continue
        number = len(numbered) + 1
        numbered.append(Footnote(number, note.text))
        for place in note.at:
            row, _, column = place.rpartition(".")
            marks[row, column] = (*marks.get((row, column), ()), number)
    return Notes((*whole, *numbered), marks)


def spread(notes: Iterable[NoteFacts], names: Mapping[str, tuple[str, ...]]) -> list[NoteFacts]:
    """The notes with each place at a column moved to the columns that `names` gives for it; none left, no note."""
    found = []
    for note in notes:
        parts = [place.rpartition(".") for place in note.at]
        at = tuple(f"{row}.{name}" for row, _, column in parts for name in names.get(column, ()))
        if at or not note.at:
            found.append(NoteFacts(text=note.text, at=at))
    return found
