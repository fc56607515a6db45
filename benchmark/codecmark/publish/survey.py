"""The survey's tables with a run beside them: every setting and every model is a row, whatever the run held."""

from __future__ import annotations

from collections.abc import Mapping

from codecmark.core.acts import ACTS
from codecmark.publish import facts
from codecmark.publish.facts import CodecFacts, MethodsFacts, ModelFacts, ModelsFacts, NoteFacts, ResultFacts
from codecmark.publish.runs import Loaded
from codecmark.publish.survey_codecs import PRINTED, codecs_table, matrix_table
from codecmark.publish.survey_notes import Sources, noted
from codecmark.publish.survey_table import (
    Check,
    Published,
    Several,
    State,
    SurveyColumn,
    SurveyRow,
    SurveyTable,
    Text,
)

NOTATION = (
    "Published values are in italics, with the letter of their source; they are not measured here and never ranked. "
    "Second-hand: known from a quotation of the source, not checked against it."
)
UNITS = ("%", "dB", "ms")
NOT_MEASURED_YET = State(text="not measured yet", reason="no adapter of codecmark runs this model yet")
NOT_FOUND = State(text="none found", reason="no published value was found whose source could be named")


def survey_tables(run: Loaded) -> list[SurveyTable]:
    """Tab.01 with the run's scores, what others have published of its codecs, Tab.02, Tab.03, its papers, and Fig.01.

    Raises `ContentError` where a file in reports/ is not as it should be.
    """
    codecs, models = facts.codecs(), facts.models()
    return [
        codecs_table(codecs, run),
        matrix_table(codecs),
        _papers("tab01-papers", codecs),
        _methods(facts.methods()),
        _models(models),
        _papers("tab03-papers", models),
        _timeline(facts.timeline()),
    ]


def _papers(name: str, about: CodecFacts | ModelsFacts) -> SurveyTable:
    """Every result that a paper or a model card reports, one a row."""
    sources = Sources(about.sources)
    columns = (
        SurveyColumn(name="model", title="Model", long=True),
        SurveyColumn(name="row", title="Row"),
        SurveyColumn(name="material", title="Material", long=True),
        SurveyColumn(name="values", title="Values", kind="published", long=True),
    )
    rows = [
        SurveyRow(
            id=str(number),
            group=result.source,
            cells=(
                Text(text=", ".join(filter(None, (result.model, result.setting)))),
                Text(text=result.row or "–"),
                Text(text=result.material),
                Published(value=_values(result), source=sources[result.source]),
            ),
        )
        for number, result in enumerate(about.results, 1)
    ]
    return SurveyTable(
        name=name,
        title=about.results_title,
        caption=about.results_caption,
        columns=columns,
        rows=tuple(rows),
        notes=noted([]),
        sources=sources.all(),
    )


def _values(result: ResultFacts) -> str:
    """Each value behind its name; a unit at the end of the name goes behind the value."""
    texts = []
    for name, value in result.values.items():
        head, _, unit = name.rpartition(" ")
        texts.append(f"{head} {value} {unit}" if unit in UNITS else f"{name} {value}")
    return ", ".join(texts)


def _methods(about: MethodsFacts) -> SurveyTable:
    sources = Sources(about.sources)
    source = sources[about.source]
    columns = [("id", "Codec"), ("discriminators", "Discriminators"), *((name, name) for name in about.techniques)]
    rows = [
        SurveyRow(
            id=codec.id,
            group="",
            cells=(
                Text(text=codec.id),
                Text(text=" + ".join(codec.discriminators)),
                *(Check(name in codec.techniques) for name in about.techniques),
            ),
        )
        for codec in about.codecs
    ]
    codecs = "; ".join(f"{codec.id} is {codec.name}" for codec in about.codecs)
    legend = [f"{codecs}.", _meanings(about.discriminators), _meanings(about.techniques)]
    return SurveyTable(
        name="tab02-methods",
        title=about.title,
        caption=about.caption,
        columns=tuple(SurveyColumn(name=name, title=title, source=source) for name, title in columns),
        rows=tuple(rows),
        notes=noted([*(NoteFacts(text=text) for text in legend), *about.notes]),
        sources=sources.all(),
    )


def _meanings(words: Mapping[str, str]) -> str:
    return "; ".join(f"{short}: {long}" for short, long in words.items()) + "."


def _models(about: ModelsFacts) -> SurveyTable:
    sources = Sources(about.sources)
    source = sources[about.source]
    printed = [
        SurveyColumn(name=name, title=title, group=PRINTED, source=source, long=name == "tasks")
        for name, title in (
            ("name", "CLM"),
            ("tasks", "Task"),
            ("input", "Input"),
            ("output", "Output"),
            ("codec", "Codec"),
        )
    ]
    state = SurveyColumn(name="state", title="State", group="Measured here", kind="measured")
    published = SurveyColumn(name="published", title="Values", group="Published", kind="published", long=True)
    rows = [
        SurveyRow(
            id=model.name,
            group="",
            cells=(*_printed(model), NOT_MEASURED_YET, _published(about, model.name, sources)),
        )
        for model in about.models
    ]
    acts = {act.name: act.title for act in ACTS.values()}
    legend = [NoteFacts(text=_meanings(acts)), NoteFacts(text=_meanings(about.media))]
    return SurveyTable(
        name="tab03-codec-lms",
        title=about.title,
        caption=about.caption,
        columns=(*printed, state, published),
        rows=tuple(rows),
        notes=noted([*legend, *about.notes]),
        sources=sources.all(),
    )


def _printed(model: ModelFacts) -> tuple[Text, ...]:
    texts = (
        f"{model.name} [{model.ref}]",
        ", ".join(model.tasks),
        ", ".join(model.input),
        ", ".join(model.output),
        f"{model.codec} [{model.codec_ref}]",
    )
    return tuple(Text(text=text) for text in texts)


def _published(about: ModelsFacts, name: str, sources: Sources) -> Several | State:
    values = [
        Published(
            value=_values(result),
            source=sources[result.source],
            about=result.material if result.model == name else f"{result.model}, {result.material}",
        )
        for result in about.results
        if result.row == name
    ]
    return Several(tuple(values)) if values else NOT_FOUND


def _timeline(about: facts.TimelineFacts) -> SurveyTable:
    sources = Sources(about.sources)
    source = sources[about.source]
    kinds = {"codec": "codec", "lm": "language model"}
    rows = [
        SurveyRow(
            id=event.name,
            group=event.month[:4],
            cells=tuple(Text(text=text) for text in (event.month, kinds[event.kind], f"{event.name} [{event.ref}]")),
        )
        for event in about.events
    ]
    columns = (("month", "Month"), ("kind", "Kind"), ("name", "Name"))
    return SurveyTable(
        name="timeline",
        title=about.title,
        caption=about.caption,
        columns=tuple(SurveyColumn(name=name, title=title, source=source) for name, title in columns),
        rows=tuple(rows),
        notes=noted(about.notes),
        sources=sources.all(),
    )
