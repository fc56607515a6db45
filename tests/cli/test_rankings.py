"""`codecmark score` on real outputs of the survey's codecs puts them in the order that others measured."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

METRICS = ("pesq_wb", "pesq_nb", "stoi", "estoi", "mel_cs", "mel_dac", "si_sdr", "sim_resemblyzer")
"""Those of the recorded rankings that no delay is repaired for."""
CORPORA = ("codec_outputs_audiodec_demo", "codec_outputs_funcodec_page", "codec_outputs_speechtokenizer_page")

Ranking = dict[str, Any]


@pytest.fixture(scope="module")
def recorded(shared: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((shared / "data/expected_scores.json").read_text("utf-8"))
    return content


def members(ranking: Ranking, recorded: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The recorded pairs behind a ranking, by system; Mandarin ones only where all systems have them."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for pair in recorded["pairs"]:
        same = (pair["corpus"], pair["setting"]) == (ranking["corpus"], ranking["setting"])
        if same and not ("speechtokenizer" in pair["corpus"] and pair["language"] == "zh"):
            found[pair["system"]].append(pair)
    assert {len(pairs) for pairs in found.values()} == {ranking["n"]}
    return found


def tolerance(metric: str, pairs: list[dict[str, Any]], recorded: dict[str, Any]) -> float:
    given: dict[str, float] = recorded["protocol"]["tolerances"]
    kind = metric.partition("_")[0].replace("estoi", "stoi")
    if kind == "pesq":
        same = metric == "pesq_wb" and all(pair["rate_ref"] == pair["rate_dec"] == 16000 for pair in pairs)
        return given["pesq_same_rate" if same else "pesq_resampled"]
    return given[{"si": "si_sdr_db", "sim": "sim_resemblyzer"}.get(kind, kind)]


@pytest.fixture(scope="module")
def measured(shared: Path, recorded: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[Any, float]:
    """Every comparable pair scored in one call of the command, by (corpus, id, metric)."""
    paths = {}
    for manifest in (shared / "data").glob("*/manifest.jsonl"):
        for entry in map(json.loads, manifest.read_text("utf-8").splitlines()):
            paths[f"{manifest.parent.name}/{entry['id']}"] = str(manifest.parent / entry["path"])
    pairs = [pair for pair in recorded["pairs"] if pair["corpus"] in CORPORA]
    listed = tmp_path_factory.mktemp("rankings") / "pairs.csv"
    with listed.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("reference", "decoded"))
        rows.writerows((paths[pair["reference"]], paths[f"{pair['corpus']}/{pair['id']}"]) for pair in pairs)
    words = ["score", "--pairs", str(listed), "--metrics", ",".join(METRICS), "--json"]
    result = subprocess.run(
        [sys.executable, "-m", "codecmark", *words],
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # similarity is worked out beside scoring processes
        check=True,
        capture_output=True,
        text=True,
    )
    named = {paths[f"{pair['corpus']}/{pair['id']}"]: (pair["corpus"], pair["id"]) for pair in pairs}
    return {(*named[row["decoded"]], row["metric"]): row["value"] for row in json.loads(result.stdout)}


@pytest.mark.parametrize("index", range(7))
def test_the_best_come_first(index: int, measured: dict[Any, float], recorded: dict[str, Any]) -> None:
    ranking = recorded["rankings"][index]
    systems = members(ranking, recorded)
    ranked = [metric for metric in METRICS if metric in ranking["best_first"]]
    assert len(ranked) == (6 if "speechtokenizer" in ranking["corpus"] else 8)  # rates differ there: no mel distance
    for metric in ranked:
        mean = {
            system: sum(measured[pair["corpus"], pair["id"], metric] for pair in pairs) / len(pairs)
            for system, pairs in systems.items()
        }
        sign = -1 if metric.startswith("mel") else 1
        for better, worse in pairwise(ranking["best_first"][metric]):
            allowed = tolerance(metric, systems[better] + systems[worse], recorded)
            if abs(ranking["mean"][better][metric] - ranking["mean"][worse][metric]) > 2 * allowed:
                assert sign * (mean[better] - mean[worse]) > 0, (metric, better, worse)
