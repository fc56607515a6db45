"""The facts of the survey and of the papers around it, as the YAML files in reports/ hold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from codecmark.core import content
from codecmark.core.acts import ACTS
from codecmark.core.errors import ContentError

Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Domain = Literal["speech", "audio", "music"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class SourceFacts(_Part):
    """A paper with its table, or a page; `second_hand` where its value is known from a quotation only."""

    cite: str
    url: str
    second_hand: bool = False


class NoteFacts(_Part):
    """A footnote at places `ROW.COLUMN`, at a heading `*.COLUMN`, or without a place for the whole table."""

    text: str
    at: tuple[str, ...] = ()


class ResultFacts(_Part):
    """What a source reports of a model on some material; `row` is the survey's row it belongs to, if any."""

    model: str
    row: str | None = None
    setting: str | None = None
    material: str
    values: dict[str, int | float]
    source: str


class _Facts(_Part):
    """What every file has; nothing in it may name a source that the file does not describe."""

    schema_version: Literal[1] = Field(alias="schema")
    title: str
    caption: str
    source: str
    sources: dict[str, SourceFacts]
    notes: tuple[NoteFacts, ...] = ()

    @model_validator(mode="after")
    def _has_sources(self) -> Self:
        if unknown := set(self.cited()) - set(self.sources):
            raise ValueError(f"sources that are not described: {', '.join(sorted(unknown))}")
        return self

    def cited(self) -> Iterator[str]:
        """The source of every value."""
        yield self.source


class _WithResults(_Facts):
    results: tuple[ResultFacts, ...]
    results_title: str
    results_caption: str

    def cited(self) -> Iterator[str]:
        yield self.source
        yield from (result.source for result in self.results)


class SettingFacts(_Part):
    """A row of Tab.01; `sr` in kHz and `bps` in kbit/s, as printed."""

    id: str
    label: str
    n_c: int
    sr: int | float
    bps: int | float


class TrainingFacts(_Part):
    """The corpora of some rows, which share one cell; the survey prints so many of them on a line."""

    rows: tuple[str, ...]
    corpora: tuple[str, ...]
    per_line: int = 1


class FamilyFacts(_Part):
    """A codec of the survey, A to F."""

    id: str
    name: str
    settings: tuple[SettingFacts, ...]
    training: tuple[TrainingFacts, ...]


class MeasuredFacts(_Part):
    """A column that a run fills, with the first of these scores that it has."""

    title: str
    scores: tuple[str, ...]


class BesideFacts(_Part):
    """The columns of the matrix that stand beside Tab.01."""

    domain: Domain
    columns: tuple[str, ...]


class MatrixFacts(_Part):
    """Values that one source has published for every setting, by kind of sound; `columns` are titles by name.

    A footnote at a column is put at it for every kind of sound.
    """

    source: str
    title: str
    caption: str
    columns: dict[str, str]
    decimals: int
    beside: BesideFacts
    notes: tuple[NoteFacts, ...] = ()
    rows: dict[str, dict[Domain, tuple[float, ...]]]

    @model_validator(mode="after")
    def _is_full(self) -> Self:
        for row, domains in self.rows.items():
            if any(len(values) != len(self.columns) for values in domains.values()):
                raise ValueError(f"row {row} of the matrix has not a value for each column")
        return self


class CodecFacts(_WithResults):
    """Tab.01."""

    families: tuple[FamilyFacts, ...]
    measured: tuple[MeasuredFacts, ...]
    matrix: MatrixFacts

    def cited(self) -> Iterator[str]:
        yield from super().cited()
        yield self.matrix.source


class MethodFacts(_Part):
    """A row of Tab.02."""

    id: str
    name: str
    discriminators: tuple[str, ...]
    techniques: tuple[str, ...]


class MethodsFacts(_Facts):
    """Tab.02; `discriminators` and `techniques` say what the abbreviations mean."""

    discriminators: dict[str, str]
    techniques: dict[str, str]
    codecs: tuple[MethodFacts, ...]


class ModelFacts(_Part):
    """A row of Tab.03; its tasks are acts of ours, `ref` and `codec_ref` are the survey's references."""

    name: str
    ref: int
    tasks: tuple[str, ...]
    input: tuple[str, ...]
    output: tuple[str, ...]
    codec: str
    codec_ref: int

    @field_validator("tasks")
    @classmethod
    def _known(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(tasks) - set(ACTS):
            raise ValueError(f"unknown acts: {', '.join(sorted(unknown))}")
        return tasks


class ModelsFacts(_WithResults):
    """Tab.03; `media` says what the abbreviations mean."""

    models: tuple[ModelFacts, ...]
    media: dict[str, str]


class EventFacts(_Part):
    """A model of Fig.01 in its month."""

    month: Month
    kind: Literal["codec", "lm"]
    name: str
    ref: int


class GapFacts(_Part):
    """The months between these two are left out of the figure."""

    after: Month
    before: Month


class TimelineFacts(_Facts):
    """Fig.01; `marked` are the months whose names stand at the axis."""

    gap: GapFacts
    marked: tuple[Month, ...]
    events: tuple[EventFacts, ...]


def codecs() -> CodecFacts:
    """Tab.01. Raises `ContentError` where reports/tab01-codecs.yaml is not as it should be; so do its neighbours."""
    return _load("tab01-codecs", CodecFacts)


def methods() -> MethodsFacts:
    """Tab.02."""
    return _load("tab02-methods", MethodsFacts)


def models() -> ModelsFacts:
    """Tab.03."""
    return _load("tab03-codec-lms", ModelsFacts)


def timeline() -> TimelineFacts:
    """Fig.01."""
    return _load("timeline", TimelineFacts)


_Kind = TypeVar("_Kind", bound=_Facts)


def _load(name: str, kind: type[_Kind]) -> _Kind:
    try:
        return kind.model_validate(content.load("reports", name))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ContentError(f"{content.path('reports', name)}: {place}: {first['msg']}") from error
