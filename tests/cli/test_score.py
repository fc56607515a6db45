"""`codecmark score`: audio that something else decoded, as a list of pairs or two folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pystoi import stoi

from codecmark import Audio

METRICS = ("--metrics", "stoi,si_sdr", "--workers", 1)


@pytest.fixture
def folders(tmp_path: Path, voice: Any) -> Path:
    """References a, b, c; decoded a with noise, b at another rate; c is missing, and d has no reference."""
    generator = np.random.default_rng(0)
    for name in ("reference", "decoded"):
        (tmp_path / name / "sub").mkdir(parents=True)
    for seed, name in enumerate(("a", "sub/b", "c")):
        voice(seed=seed).write(tmp_path / "reference" / f"{name}.wav", "FLOAT")
    noisy = voice(seed=0).samples + 0.02 * generator.normal(size=16000)
    Audio(noisy, 16000).write(tmp_path / "decoded" / "a.wav", "FLOAT")
    voice(seed=1).resample(24000).write(tmp_path / "decoded" / "sub" / "b.flac")
    voice(seed=3).write(tmp_path / "decoded" / "d.wav")
    return tmp_path


def rows_of(ended: Any) -> dict[tuple[str, str], dict[str, Any]]:
    return {(Path(row["reference"]).stem, row["metric"]): row for row in json.loads(ended.out)}


def test_two_folders(cli: Any, folders: Path) -> None:
    words = ("score", "--reference", folders / "reference", "--decoded", folders / "decoded", *METRICS)
    ended = cli(*words, "--json")
    assert (ended.code, ended.err) == (1, "")
    rows = rows_of(ended)
    assert set(rows) == {(name, metric) for name in "abc" for metric in ("stoi", "si_sdr")}
    reference, decoded = (Audio.read(folders / side / "a.wav").samples[0] for side in ("reference", "decoded"))
    assert rows["a", "stoi"]["value"] == pytest.approx(stoi(reference, decoded, 16000), abs=1e-12)
    assert rows["b", "stoi"]["status"] == "ok"
    assert rows["b", "stoi"]["decoded"] == str(folders / "decoded" / "sub" / "b.flac")
    missing = rows["c", "stoi"]
    assert (missing["status"], missing["value"], missing["weight"]) == ("failed", None, None)
    assert missing["reason"] == f"read: cannot read audio {folders / 'decoded' / 'c.wav'}: no such file"
    assert set(missing) == {"reference", "decoded", "metric", "status", "value", "weight", "reason"}
    summary = cli(*words)
    assert summary.code == 1
    mean = (rows["a", "stoi"]["value"] + rows["b", "stoi"]["value"]) / 2
    assert summary.out.splitlines()[1].split() == ["stoi", f"{mean:.4f}", "2/3"]
    assert f"stoi {folders / 'decoded' / 'c.wav'}: failed, {missing['reason']}" in summary.out


def test_a_list_of_pairs_is_relative_to_its_own_folder(cli: Any, folders: Path) -> None:
    path = folders / "pairs.csv"
    path.write_text("\ufeffreference,decoded,text,speaker\nreference/a.wav,decoded/a.wav,hello,s1\n", "utf-8")
    ended = cli("score", "--pairs", path, *METRICS, "--json")
    assert ended.code == 0
    assert {row["status"] for row in json.loads(ended.out)} == {"ok"}


def test_a_file_that_is_missing_fails_and_the_others_are_scored(cli: Any, folders: Path) -> None:
    path = folders / "pairs.csv"
    path.write_text("reference,decoded\nreference/a.wav,decoded/a.wav\nreference/gone.wav,decoded/a.wav\n")
    ended = cli("score", "--pairs", path, *METRICS, "--json")
    assert (ended.code, ended.err) == (1, "")
    assert [row["status"] for row in json.loads(ended.out)] == ["ok", "ok", "failed", "failed"]


def test_the_same_file_twice(cli: Any, folders: Path) -> None:
    path = folders / "pairs.csv"
    path.write_text("reference,decoded\nreference/a.wav,reference/a.wav\n")
    rows = rows_of(cli("score", "--pairs", path, *METRICS, "--json"))
    assert (rows["a", "si_sdr"]["status"], rows["a", "si_sdr"]["reason"]) == ("not_applicable", "identical")
    assert rows["a", "stoi"]["value"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("ref,dec\na.wav,b.wav\n", "expected a header with the columns reference,decoded and a row per pair"),
        ("reference,decoded\n", "expected a header with the columns reference,decoded and a row per pair"),
        ("", "expected a header with the columns reference,decoded and a row per pair"),
        ("reference,decoded\na.wav\n", "line 2: reference or decoded is empty"),
        ("reference,decoded\na.wav,b.wav\n,b.wav\n", "line 3: reference or decoded is empty"),
    ],
)
def test_a_list_that_is_none(cli: Any, tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(text)
    ended = cli("score", "--pairs", path)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"codecmark: {path}")
    assert error in ended.err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--metrics", "stoy"), "unknown metric 'stoy': did you mean stoi"),
        (("--evaluator", "whispr=base.en"), "unknown evaluator 'whispr': did you mean whisper"),
        (("--evaluator", "whisper"), "--evaluator whisper: give ROLE=NAME, such as whisper=base.en"),
        (("--weights-root", "/nowhere"), "--weights-root /nowhere: no such folder"),
        (("--workers", "0"), "--workers 0: give a whole number from 1"),
        (("--workers", "-1"), "--workers -1: give a whole number from 1"),
        (("--pairs", "x.csv"), "give --pairs PAIRS.csv, or --reference DIR and --decoded DIR"),
    ],
)
def test_a_request_that_is_wrong(cli: Any, folders: Path, words: tuple[str, ...], error: str) -> None:
    ended = cli("score", "--reference", folders / "reference", "--decoded", folders / "decoded", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert error in ended.err


def test_folders_that_have_nothing_in_common(cli: Any, folders: Path) -> None:
    ended = cli("score", "--reference", folders / "reference" / "sub", "--decoded", folders / "decoded")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "has the name of one in" in ended.err
