"""The survey's tables: cell for cell what is printed there, nothing without a source, and a run's scores beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from codecmark.publish import facts
from codecmark.publish.runs import load
from codecmark.publish.survey import survey_tables
from codecmark.publish.survey_table import (
    HEADING,
    Measured,
    Published,
    Several,
    SurveyCell,
    SurveyTable,
    Text,
)

DISCRIMINATING = ("SEM", "Snake", "MRG", "Noisy", "LM", "KM")


@pytest.fixture
def empty(run: Any) -> dict[str, SurveyTable]:
    """The tables beside a run that held no model of the survey."""
    run.answers(run.setting("opus"), run.metric("pesq_wb"), 1.0, 2.0, 3.0, 4.0)
    return {table.name: table for table in survey_tables(load(run.write()))}


def texts(table: SurveyTable, *names: str) -> list[tuple[str, ...]]:
    """The cells of these columns, as printed."""
    return [
        tuple(cell.text for column, cell, _ in table.entries(row) if column.name in names or not names)
        for row in table.rows
    ]


def cells(table: SurveyTable) -> Iterator[SurveyCell]:
    return (cell for row in table.rows for cell in row.cells)


def test_tab01_is_the_survey_s(empty: Mapping[str, SurveyTable], printed: Mapping[str, Any]) -> None:
    expected = [
        (
            row["id"],
            row["label"],
            ", ".join(row["training_data"]),
            f"{row['n_c']:g}",
            f"{row['sample_rate_hz'] / 1000:g}",
            f"{row['bps_kbps_survey']:g}",
        )
        for row in printed["codecs"]
    ]
    table = empty["tab01-codecs"]
    assert texts(table, "id", "label", "training", "n_c", "sr", "bps") == expected
    assert len(expected) == 19
    families = [f"{row['family']}: {row['family_name']}" for row in printed["codecs"]]
    assert [row.group for row in table.rows] == families


def test_tab01_shares_the_cells_of_training_data_that_the_survey_shares(empty: Mapping[str, SurveyTable]) -> None:
    cells = [row.cells[2] for row in empty["tab01-codecs"].rows]
    training = [cell for cell in cells if isinstance(cell, Text)]
    assert [cell.span for cell in training] == [1, 3, 0, 0, 1, 3, 0, 0, 5, 0, 0, 0, 0, 4, 0, 0, 0, 2, 0]
    lines = [cell.line for cell in training]
    assert lines[1:4] == ["LibriTTS", "VCTK", "AISHELL"]
    assert lines[5:8] == ["Common Voice, DAPS", "VCTK, MUSDB", "Jamendo, AudioSet"]
    assert lines[8:13] == ["", "Common Voice, DAPS", "Jamendo, AudioSet", "FSD50K", ""]


def test_tab02_is_the_survey_s(empty: Mapping[str, SurveyTable], printed: Mapping[str, Any]) -> None:
    expected = [
        (
            row["family"],
            " + ".join(row["discriminators"]),
            *("yes" if row[name.upper()] else "no" for name in DISCRIMINATING),
        )
        for row in printed["methods"]
    ]
    table = empty["tab02-methods"]
    assert texts(table) == expected
    assert [column.title for column in table.columns] == ["Codec", "Discriminators", *DISCRIMINATING]
    names = [(codec.id, codec.name) for codec in facts.methods().codecs]
    assert names == [(row["family"], row["name"]) for row in printed["methods"]]


def test_tab03_is_the_survey_s(empty: Mapping[str, SurveyTable], printed: Mapping[str, Any]) -> None:
    references = {event["name"]: event["survey_ref"] for event in printed["timeline"]}
    expected = [
        (
            f"{row['name']} [{row['survey_ref']}]",
            ", ".join(row["tasks"]),
            ", ".join(row["input"]),
            ", ".join(row["output"]),
            f"{row['codec']} [{references[row['codec']]}]",
        )
        for row in printed["lms"]
    ]
    table = empty["tab03-codec-lms"]
    assert texts(table, "name", "tasks", "input", "output", "codec") == expected
    assert len(expected) == 11
    assert texts(table, "state") == [("not measured yet",)] * 11
    legend = [part.partition(":")[0] for part in table.notes.footnotes[0].text.split("; ")]
    assert legend == [task["abbr"] for task in printed["tasks"]]


def test_the_timeline_is_the_survey_s(printed: Mapping[str, Any]) -> None:
    expected = [(event["date"], event["kind"], event["name"], event["survey_ref"]) for event in printed["timeline"]]
    assert [(event.month, event.kind, event.name, event.ref) for event in facts.timeline().events] == expected


def test_the_values_of_codec_superb_are_as_published(
    empty: Mapping[str, SurveyTable], printed: Mapping[str, Any]
) -> None:
    expected = [
        tuple(
            f"{row['reported_codec_superb_tiny_2026'][domain][name]:.3f}"
            for domain in ("speech", "audio", "music")
            for name in ("pesq", "stoi", "mel", "f0corr")
        )
        for row in printed["codecs"]
    ]
    assert [found[1:] for found in texts(empty["tab01-codec-superb"])] == expected
    beside = texts(empty["tab01-codecs"], "pesq_speech", "stoi_speech", "mel_speech")
    assert beside == [values[:3] for values in expected]


def test_no_value_is_without_a_source(empty: Mapping[str, SurveyTable]) -> None:
    for table in empty.values():
        for column in table.columns:
            assert column.source is not None or column.kind != "text" or table.name.endswith(("papers", "superb"))
        for cell in cells(table):
            values = cell.values if isinstance(cell, Several) else [cell] if isinstance(cell, Published) else []
            for value in values:
                assert value.source in table.sources
                assert value.source.cite
                assert value.source.url.startswith("https://")
        assert len({source.mark for source in table.sources}) == len(table.sources)


def test_published_and_measured_never_share_a_column(empty: Mapping[str, SurveyTable]) -> None:
    for table in empty.values():
        for row in table.rows:
            for column, cell, _ in table.entries(row):
                assert not isinstance(cell, Published | Several) or column.kind == "published"
                assert not isinstance(cell, Measured) or column.kind == "measured"


def test_every_footnote_stands_at_a_cell(empty: Mapping[str, SurveyTable]) -> None:
    for table in empty.values():
        rows, columns = {HEADING, *(row.id for row in table.rows)}, {column.name for column in table.columns}
        assert {row for row, _ in table.notes.marks} <= rows
        assert {column for _, column in table.notes.marks} <= columns
        numbers = {note.number for note in table.notes.footnotes if note.number}
        assert {number for marks in table.notes.marks.values() for number in marks} == numbers


def test_the_survey_s_errors_have_footnotes(empty: Mapping[str, SurveyTable]) -> None:
    places = {
        "tab01-codecs": [("*", "bps"), ("C", "label"), ("C", "training"), ("D3", "bps"), ("E1", "label")],
        "tab02-methods": [("E", "KM"), ("C", "discriminators"), ("F", "discriminators"), ("F", "SEM")],
        "tab03-codec-lms": [
            ("MusicGen", "input"),
            ("AudioPaLM", "tasks"),
            ("AudioPaLM", "codec"),
            ("AudioGen", "tasks"),
            ("SpeechX", "tasks"),
            ("LauraGPT", "tasks"),
        ],
        "timeline": [("SoundStorm", "kind")],
    }
    for name, expected in places.items():
        assert set(expected) <= set(empty[name].notes.marks)
