"""Tab.01 with the scores of a run beside it, and what Codec-SUPERB has published for the same settings."""

from __future__ import annotations

from dataclasses import replace

from codecmark.publish import measured
from codecmark.publish.facts import CodecFacts, Domain, FamilyFacts, NoteFacts, SettingFacts
from codecmark.publish.runs import Loaded
from codecmark.publish.survey_notes import Sources, noted, spread
from codecmark.publish.survey_table import Published, SurveyCell, SurveyColumn, SurveyRow, SurveyTable, Text

PRINTED = "Survey"
COLUMNS = (
    SurveyColumn(name="id", title="Codec", group=PRINTED),
    SurveyColumn(name="label", title="Codec information", group=PRINTED),
    SurveyColumn(name="training", title="Training data", group=PRINTED),
    SurveyColumn(name="n_c", title="n_c", group=PRINTED, numeric=True),
    SurveyColumn(name="sr", title="SR", unit="kHz", group=PRINTED, numeric=True),
    SurveyColumn(name="bps", title="BPS", unit="kbps", group=PRINTED, numeric=True),
)


def codecs_table(facts: CodecFacts, run: Loaded) -> SurveyTable:
    """Tab.01: the survey's columns, those that the run fills, and three of Codec-SUPERB."""
    sources = Sources(facts.sources)
    ids = [setting.id for family in facts.families for setting in family.settings]
    scores = measured.measured(run, facts.measured, ids)
    matrix, beside = facts.matrix, facts.matrix.beside
    printed = [replace(column, source=sources[facts.source]) for column in COLUMNS]
    places = [(beside.domain, name) for name in beside.columns]
    others = [_matrix_column(facts, sources, *place) for place in places]
    rows = [
        SurveyRow(
            id=setting.id,
            group=f"{family.id}: {family.name}",
            cells=(
                *_printed(family, setting),
                *(one.cells[setting.id] for one in scores),
                *(_matrix_cell(facts, sources, setting.id, *place) for place in places),
            ),
        )
        for family in facts.families
        for setting in family.settings
    ]
    names = {name: (f"{name}_{beside.domain}",) for name in beside.columns}
    cautions = [note for note in spread(matrix.notes, names) if note.at]
    return SurveyTable(
        name="tab01-codecs",
        title=facts.title,
        caption=facts.caption,
        columns=(*printed, *(one.column for one in scores), *others),
        rows=tuple(rows),
        notes=noted([_families(facts), *facts.notes, *measured.notes(run, scores), *cautions]),
        sources=sources.all(),
    )


def _families(facts: CodecFacts) -> NoteFacts:
    return NoteFacts(text="; ".join(f"{family.id} is {family.name}" for family in facts.families) + ".")


def _printed(family: FamilyFacts, setting: SettingFacts) -> tuple[SurveyCell, ...]:
    numbers = (f"{number:g}" for number in (setting.n_c, setting.sr, setting.bps))
    texts = (Text(text=text) for text in numbers)
    return Text(text=setting.id), Text(text=setting.label), _training(family, setting), *texts


def _training(family: FamilyFacts, setting: SettingFacts) -> Text:
    """The cell that some rows share; its lines stand in the middle of these rows, as the survey prints them."""
    shared = next(one for one in family.training if setting.id in one.rows)
    at, height = shared.rows.index(setting.id), len(shared.rows)
    starts = range(0, len(shared.corpora), shared.per_line)
    lines = [", ".join(shared.corpora[start : start + shared.per_line]) for start in starts]
    number = at - (height - len(lines)) // 2
    line = lines[number] if 0 <= number < len(lines) else ""
    return Text(text=", ".join(shared.corpora), span=height if at == 0 else 0, line=line)


def matrix_table(facts: CodecFacts) -> SurveyTable:
    """The values of Codec-SUPERB for every setting, by kind of sound."""
    sources, matrix = Sources(facts.sources), facts.matrix
    domains = tuple(next(iter(matrix.rows.values())))
    places = [(domain, name) for domain in domains for name in matrix.columns]
    columns = [_matrix_column(facts, sources, *place) for place in places]
    rows = [
        SurveyRow(
            id=setting.id,
            group=f"{family.id}: {family.name}",
            cells=(Text(text=setting.id), *(_matrix_cell(facts, sources, setting.id, *place) for place in places)),
        )
        for family in facts.families
        for setting in family.settings
    ]
    names = {name: tuple(f"{name}_{domain}" for domain in domains) for name in matrix.columns}
    return SurveyTable(
        name="tab01-codec-superb",
        title=matrix.title,
        caption=matrix.caption,
        columns=(SurveyColumn(name="id", title="Codec"), *columns),
        rows=tuple(rows),
        notes=noted([_families(facts), *spread(matrix.notes, names)]),
        sources=sources.all(),
    )


def _matrix_column(facts: CodecFacts, sources: Sources, domain: Domain, name: str) -> SurveyColumn:
    return SurveyColumn(
        name=f"{name}_{domain}",
        title=facts.matrix.columns[name],
        kind="published",
        group=f"Published: Codec-SUPERB, {domain}",
        numeric=True,
        source=sources[facts.matrix.source],
    )


def _matrix_cell(facts: CodecFacts, sources: Sources, row: str, domain: Domain, name: str) -> Published:
    matrix = facts.matrix
    value = matrix.rows[row][domain][list(matrix.columns).index(name)]
    return Published(value=f"{value:.{matrix.decimals}f}", source=sources[matrix.source])
