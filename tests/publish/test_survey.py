"""The survey's tables: cell for cell what is printed there, nothing without a source, and a run's scores beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from codecmark.core import content
from codecmark.core.errors import ContentError
from codecmark.core.scores import Failure, NotApplicable, Unavailable
from codecmark.publish import facts
from codecmark.publish.runs import load
from codecmark.publish.survey import survey_tables
from codecmark.publish.survey_table import (
    HEADING,
    Measured,
    Published,
    Several,
    State,
    SurveyCell,
    SurveyTable,
    Text,
)

DISCRIMINATING = ("SEM", "Snake", "MRG", "Noisy", "LM", "KM")
SCRAMBLED = {"WER", "EER", "minDCF", "ACC", "mAP"}
NOT_NAMED = ("codec-consistency paper", "baseline row quoted by a later")
"""Entries of the collection whose paper is not known; they are not used."""
METRICS = {
    "wer": "WER %",
    "cer": "CER %",
    "visqol": "ViSQOL",
    "mushra": "MUSHRA",
    "mel_distance": "mel distance",
    "stft_distance": "STFT distance",
    "si_sdr": "SI-SDR dB",
    "si_snr": "SI-SNR dB",
    "rtf_x_realtime_encode": "encoding speed (times real time)",
    "rtf_x_realtime_decode": "decoding speed (times real time)",
    "latency_ms": "latency ms",
    "pesq": "PESQ",
    "stoi": "STOI",
    "mstft": "MSTFT",
    "mcd": "MCD",
    "decode_latency_gpu_ms": "decoding latency on a GPU ms",
    "decode_latency_cpu_4threads_ms": "decoding latency on 4 CPU threads ms",
    "spk_sim_wavlm_tdnn": "SIM (WavLM-TDNN)",
    "spk_sim_resemblyzer": "SIM (Resemblyzer) x 100",
    "smos": "SMOS",
    "mos": "MOS",
    "cmos_vs_yourtts": "CMOS against YourTTS",
    "speaker_classification_acc": "speaker classification %",
    "swuggy_in_vocab": "sWUGGY in vocabulary %",
    "sblimp": "sBLIMP %",
    "preference_pct": "preferred %",
    "asv_score": "ASV score",
    "asv_score_src": "ASV score against the source",
    "naturalness": "naturalness",
    "asr_bleu": "ASR-BLEU",
    "covost2_bleu": "CoVoST2 BLEU",
    "voxpopuli_wer": "VoxPopuli WER %",
    "voice_sim_cosine": "voice similarity (cosine)",
    "fad_trill": "FAD (Trill)",
    "fad_vgg": "FAD (VGG)",
    "kld": "KLD",
    "mcc": "MCC",
    "wins": "wins",
    "fad": "FAD",
    "kl": "KL",
    "fd": "FD",
    "clap": "CLAP",
    "ovl": "overall quality",
    "rel": "relevance",
    "sim": "SIM",
    "dnsmos": "DNSMOS",
}


@pytest.fixture(scope="module")
def printed(shared: Path) -> Mapping[str, Any]:
    """What was read off the survey's tables, in a file of its own."""
    path = shared / "survey" / "tables.yaml"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    found: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


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
    assert list(facts.models().tasks) == [task["abbr"] for task in printed["tasks"]]


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


def test_the_scrambled_columns_of_codec_superb_are_not_used() -> None:
    about = facts.codecs()
    assert set(about.matrix.columns) == {"pesq", "stoi", "mel", "f0corr"}
    assert [key for key, source in about.sources.items() if "Codec-SUPERB" in source.cite] == [about.matrix.source]
    assert "2026" in about.sources[about.matrix.source].cite
    assert not [result for result in about.results if result.source == about.matrix.source]
    assert not SCRAMBLED & set(about.matrix.columns.values())


def test_results_are_as_reported_and_second_hand_where_they_are(printed: Mapping[str, Any]) -> None:
    reported: list[tuple[dict[str, float], str, bool]] = []
    hand = False
    for entry in printed["reported_results"]:
        if entry["source"] not in ("same", "same image"):
            hand = not any(word in entry["source"] for word in ("README", "image ", " @"))
        if not entry["cite"].startswith(NOT_NAMED):
            values = {METRICS[name]: value for name, value in entry["metrics"].items() if name != "kbps"}
            reported.append((values, entry["model"], hand))
    about = (facts.codecs(), facts.models())
    found = [
        (result.values, result.model, table.sources[result.source].second_hand)
        for table in about
        for result in table.results
    ]
    assert sorted((sorted(values.items()), hand) for values, _, hand in found) == sorted(
        (sorted(values.items()), hand) for values, _, hand in reported
    )
    names = {model.replace("(FunCodec re-implementation)", "(re-implemented in FunCodec)") for _, model, _ in reported}
    assert {model for _, model, _ in found} == names


def test_papers_are_the_ones_that_were_cited(printed: Mapping[str, Any]) -> None:
    cited = {
        (tuple(sorted(entry["metrics"].values())), word)
        for entry in printed["reported_results"]
        for word in entry["cite"].replace("(", " ").replace(")", " ").split()
        if word[:4].isdigit() and "." in word
    }
    ours = {
        (tuple(sorted(result.values.values())), table.sources[result.source].cite)
        for table in (facts.codecs(), facts.models())
        for result in table.results
    }
    for values, number in cited:
        assert any(number in cite and set(found) <= set(values) for found, cite in ours), (values, number)


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


def test_without_a_model_of_the_survey_nothing_is_measured(empty: Mapping[str, SurveyTable]) -> None:
    table = empty["tab01-codecs"]
    states = [cell for cell in cells(table) if isinstance(cell, State)]
    assert len(states) == 19 * len(facts.codecs().measured)
    assert {state.text for state in states} == {"not measured"}
    assert not [note for note in table.notes.footnotes if "Measured in run" in note.text]


def test_the_scores_of_a_run_stand_in_their_rows(run: Any) -> None:
    pesq, rtf = run.metric("pesq_wb", title="PESQ-WB"), run.metric("decode_rtf", higher=False, place="timing")
    e1, e2 = run.setting("encodec", "2", survey_id="E1"), run.setting("encodec", "4", survey_id="E2")
    run.answers(e1, pesq, 1.0, 2.0, 3.0, 4.0)
    run.answers(e2, pesq, 5.0, 5.0, 5.0, Failure("score", "broken", "it broke"))
    run.answer(e1, rtf, "a", 0.5)
    run.answers(run.setting("opus"), pesq, 4.9, 4.9, 4.9, 4.9)
    d1 = run.setting("dac", "1", survey_id="D1", weights="missing")
    run.answers(d1, pesq, *[Unavailable("weights 'dac' are missing (codecmark download dac)")] * 4)
    d2 = run.setting("dac", "2", survey_id="D2", weights="random")
    run.answers(d2, pesq, *[NotApplicable("random weights")] * 4)
    run.answer(d2, rtf, "a", 0.1)
    table = survey_tables(load(run.write()))[0]
    found = {row.id: dict(zip([column.name for column in table.columns], row.cells, strict=True)) for row in table.rows}
    assert found["E1"]["pesq_wb"].text == "2.50"
    assert found["E2"]["pesq_wb"].text == "5.00 (3/4)"
    assert found["D1"]["pesq_wb"] == State(
        text="weights missing", reason="weights 'dac' are missing (codecmark download dac)"
    )
    assert found["D1"]["stoi"].text == "weights missing"
    assert found["D2"]["pesq_wb"].text == "random weights"
    assert found["D2"]["decode_rtf"].text == "0.10 (random weights)"
    assert found["E2"]["decode_rtf"].text == "not measured"
    assert [id_ for id_, row in found.items() if getattr(row["decode_rtf"], "best", False)] == []
    headings = {column.name: (column.title, marks) for column, marks in table.headings()}
    notes = {note.number: note.text for note in table.notes.footnotes}
    assert headings["pesq_wb"][0] == "PESQ-WB"
    assert "Toy corpus: 4 clips" in notes[headings["pesq_wb"][1][0]]
    assert "a processor, 2 cores" in notes[headings["decode_rtf"][1][1]]


def test_the_best_is_among_complete_rows_of_the_survey_that_compete(run: Any) -> None:
    metric = run.metric("pesq_wb")
    for name, id_, value in (("1", "E1", 1.0), ("2", "E2", 2.0), ("3", None, 3.0)):
        run.answers(run.setting("encodec", name, survey_id=id_), metric, *[value] * 4)
    run.answers(run.setting("dac", survey_id="D1", weights="random"), metric, *[9.0] * 4)
    table = survey_tables(load(run.write()))[0]
    assert [cell.setting for cell in cells(table) if isinstance(cell, Measured) and cell.best] == ["encodec/2"]


def test_a_column_takes_the_score_that_the_run_has_and_says_which(run: Any) -> None:
    metric = run.metric("wer_pocketsphinx", higher=False, title="WER (PocketSphinx)")
    run.answers(run.setting("encodec", survey_id="E1"), metric, 0.1, 0.2, 0.3, 0.4)
    table = survey_tables(load(run.write()))[0]
    assert "WER (PocketSphinx)" in [column.title for column in table.columns]
    assert "wer" not in [column.name for column in table.columns]


def test_a_value_whose_source_is_not_described_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = content.load("reports", "tab01-codecs")
    broken = {**good, "results": [{**good["results"][0], "source": "hearsay"}]}
    monkeypatch.setattr(content, "load", lambda room, name: broken)
    with pytest.raises(ContentError, match=r"tab01-codecs.yaml: .*hearsay"):
        facts.codecs()
