"""`codecmark list`: a table to read, JSON to work with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

FIELDS = {
    "id",
    "survey_id",
    "codec",
    "sample_rate",
    "n_codebooks",
    "codebook_size",
    "frame_rate",
    "kbps",
    "weights",
    "licence",
}


def listed(cli: Any, *words: str) -> Any:
    ended = cli("list", *words, "--json")
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


def test_settings_in_full(cli: Any) -> None:
    settings = {row["id"]: row for row in listed(cli, "codecs")}
    assert all(row.keys() >= FIELDS for row in settings.values())
    assert settings["lyra/6"] | {"codec": "lyra", "sample_rate": 16000, "weights": "missing"} == settings["lyra/6"]
    lyra = {key: settings["lyra/6"][key] for key in ("n_codebooks", "codebook_size", "frame_rate", "kbps", "licence")}
    assert lyra == {
        "n_codebooks": 30,
        "codebook_size": 16,
        "frame_rate": 50,
        "kbps": pytest.approx(30 * 4 * 50 / 1000),
        "licence": "Apache-2.0",
    }
    opus = {key: settings["opus/12"][key] for key in ("n_codebooks", "codebook_size", "frame_rate", "kbps", "weights")}
    assert opus == {"n_codebooks": None, "codebook_size": None, "frame_rate": None, "kbps": 12, "weights": "none"}
    assert settings["identity/pcm"]["sample_rate"] is None


def test_the_table_shows_the_licences_of_code_and_of_weights(cli: Any) -> None:
    lines = cli("list", "codecs").out.splitlines()
    assert lines[0].split()[-2:] == ["code_licence", "weights_licence"]
    start = lines[0].index("code_licence")
    (dac,) = [line[start:].split("  ") for line in lines if line.startswith("dac/16khz ")]
    assert [dac[0], dac[-1].strip()] == ["MIT; run by transformers (Apache-2.0)", "MIT"]


def test_survey_ids_are_those_of_the_survey_and_no_two_alike(cli: Any) -> None:
    ids = [row["survey_id"] for row in listed(cli, "codecs") if row["survey_id"]]
    assert len(set(ids)) == len(ids)
    assert all(one[0] in "ABCDEF" and (len(one) == 1 or one[1:].isdigit()) for one in ids)


def test_metrics_datasets_and_tasks_in_full(cli: Any) -> None:
    metrics = {row["name"]: row for row in listed(cli, "metrics")}
    assert metrics["pesq_wb"]["better"] == "higher"
    assert metrics["mel_cs"]["better"] == "lower"
    assert metrics["lag_samples"]["better"] in ("", "lower")
    datasets = {row["name"]: row for row in listed(cli, "datasets")}
    assert datasets["starter"]["synthetic"] is True
    assert {"folder:PATH", "manifest:PATH", "librispeech/test-clean"} <= datasets.keys()
    tasks = {row["name"]: row for row in listed(cli, "tasks")}
    assert tasks["quick"]["dataset"] == "starter"
    assert {"act", "dataset", "sample_rate", "metrics", "version"} <= tasks["quick"].keys()


def test_the_language_models_are_tab03_cell_for_cell(cli: Any, shared: Path) -> None:
    survey = yaml.safe_load((shared / "survey" / "tables.yaml").read_text(encoding="utf-8"))
    rows = listed(cli, "lms")
    printed = {row["title"]: [row[key] for key in ("survey", "inputs", "outputs", "codec")] for row in rows}
    expected = {row["name"]: [row[key] for key in ("tasks", "input", "output", "codec")] for row in survey["lms"]}
    assert printed == expected
    assert len(rows) == 11
    papers = {row["title"]: row["card"]["paper"] for row in rows}
    assert papers == {row["name"]: f"https://arxiv.org/abs/{row['arxiv']}" for row in survey["lms"]}


def test_what_tab03_prints_is_not_what_runs_here(cli: Any) -> None:
    rows = {row["title"]: row for row in listed(cli, "lms")}
    assert all(row["acts"] == [] and row["weights"] is None and row["reason"] for row in rows.values())
    assert {row["state"] for row in rows.values()} == {"published only"}
    provenance = {name: row["provenance"] for name, row in rows.items() if row["provenance"] != "published"}
    assert provenance == {
        "AudioGen": "official",
        "MusicGen": "official",
        "LauraGPT": "partial",
        "UniAudio": "official-retrained",
    }
    marked = {(name, cell) for name, row in rows.items() for cell in row["footnotes"]}
    assert marked == {
        ("AudioGen", "survey"),
        ("AudioGen", "codec"),
        ("MusicGen", "inputs"),
        ("AudioPaLM", "survey"),
        ("AudioPaLM", "codec"),
        ("SpeechX", "survey"),
        ("LauraGPT", "survey"),
        ("UniAudio", "codec"),
    }
    assert "section 3.1 says text or melody" in rows["MusicGen"]["footnotes"]["inputs"]
    codecs = {row["id"]: row["survey_id"] for row in listed(cli, "codecs")}
    same = {name: codecs[row["codec_setting"]] for name, row in rows.items() if row["codec_setting"]}
    assert same == {"VALL-E": "E3", "VALL-E X": "E3", "LauraGPT": "F6"}


@pytest.mark.usefixtures("plug_ins")
def test_a_language_model_that_the_survey_has_not(cli: Any) -> None:
    (row,) = [row for row in listed(cli, "lms") if row["id"] == "echo/copy"]
    keys = ("acts", "state", "reason", "weights", "survey", "inputs", "outputs", "codec", "footnotes")
    assert [row[key] for key in keys] == [["AC", "SE"], "runs here", None, "none", None, None, None, None, None]


@pytest.mark.parametrize("what", ["codecs", "lms", "metrics", "datasets", "tasks"])
def test_the_table_has_a_line_for_each(cli: Any, what: str) -> None:
    lines = cli("list", what).out.splitlines()
    names = [row.get("id") or row["name"] for row in listed(cli, what)]
    assert [line.split("  ")[0].strip() for line in lines[1:]] == names
    assert lines[0].split()[0] in ("id", "name")


def test_starter_is_said_to_be_synthetic(cli: Any) -> None:
    (line,) = [line for line in cli("list", "datasets").out.splitlines() if line.startswith("starter ")]
    assert "synthetic" in line


def test_corpora_and_tasks_say_what_is_here_and_how_to_get_it(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "musdb18hq" / "test").mkdir(parents=True)
    corpora = {row["name"]: row for row in listed(cli, "datasets", "--data-root", str(tmp_path))}
    assert [corpora[name]["here"] for name in ("musdb/test", "musdb/train", "starter")] == [True, False, True]
    assert [corpora[name]["here"] for name in ("folder:PATH", "lhotse:PATH")] == [None, None]
    assert [corpora[name]["download"] for name in ("musdb/test", "esc50", "starter")] == ["22.7 GB", "by hand", None]
    assert corpora["esc50"]["layout"].startswith("<data root>/ESC-50-master/")
    tasks = {row["name"]: row for row in listed(cli, "tasks", "--data-root", str(tmp_path))}
    assert (tasks["resynthesis-musdb"]["here"], tasks["resynthesis-esc50"]["here"]) == (True, False)
    assert tasks["resynthesis-esc50"]["licence"] == "CC BY-NC 3.0"
    (line,) = [one for one in cli("list", "tasks").out.splitlines() if one.startswith("resynthesis-esc50 ")]
    assert line.split()[1:5] == ["esc50", "no", "by", "hand"]
    ended = cli("list", "tasks", "--data-root", tmp_path / "none")
    assert (ended.code, ended.err) == (2, f"codecmark: --data-root {tmp_path / 'none'}: no such folder\n")
