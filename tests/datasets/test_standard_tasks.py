"""The standard tasks: each runs on a tree of its corpus, at its rate, by metrics that mean something for it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from codecmark import run
from codecmark.core import registry
from codecmark.harness.suite import every
from codecmark.harness.task import load

STANDARD = {
    # The rate in Hz that scores are taken at, the kind of sound, and the names of a few clips.
    "resynthesis-librispeech": (16000, "speech", ("61-70968-0000", "61-70968-0001", "61-70968-0002")),
    "resynthesis-librispeech-other": (16000, "speech", ("367-130732-0000", "367-130732-0001", "367-130732-0002")),
    "resynthesis-libritts": (24000, "speech", ("61_70968_000000_000000", "61_70968_000000_000001")),
    "resynthesis-vctk": (48000, "speech", ("p232_001", "p232_002", "p257_001")),
    "resynthesis-ljspeech": (22050, "speech", ("LJ045-0096", "LJ049-0022", "LJ033-0042")),
    "resynthesis-aishell": (16000, "speech", ("BAC009S0764W0121", "BAC009S0764W0122")),
    "resynthesis-musdb": (44100, "music", ("Artist - One", "Artist - Two", "Artist - Three")),
    "resynthesis-fma": (44100, "music", ("000002", "000005")),
    "resynthesis-esc50": (44100, "sound", ("1-100032-A-0", "2-100648-A-43", "3-103051-C-19")),
    "resynthesis-audioset-eval": (44100, "sound", ("--4gqARaEJE", "-0RWZT-miFs")),
}


def drawn(ids: list[str], count: int) -> list[str]:
    """The subset of so many clips, as anyone would work it out."""
    return sorted(ids, key=lambda name: hashlib.sha256(b"0\0" + name.encode()).hexdigest())[:count]


def test_these_are_all() -> None:
    assert {task.name for task in every() if task.name.startswith("resynthesis-")} == STANDARD.keys()


@pytest.mark.parametrize("name", STANDARD)
def test_a_task_suits_its_corpus(name: str) -> None:
    rate, domain, _ = STANDARD[name]
    task = load(name)
    plugin, _ = registry.dataset(task.dataset)
    assert (task.sample_rate, task.selection.limit, task.selection.seed) == (rate, None, 0)
    assert plugin.folders
    for metric in task.metrics:
        assert domain in registry.metric(metric)[1].domains, metric
    assert {"kbps", "mel_cs", "si_sdr", "encode_rtf", "decode_rtf"} <= set(task.metrics)
    quality = {"pesq_wb", "stoi", "sim_ecapa"} if domain == "speech" else set()
    assert quality <= set(task.metrics)
    counted = {"cer"} if name == "resynthesis-aishell" else {"wer"} if domain == "speech" else set()
    assert {"wer", "cer"} & set(task.metrics) == counted


@pytest.mark.parametrize("name", STANDARD)
def test_a_task_runs_on_a_tree_of_its_corpus(name: str, lay: Any, voice: Any, tmp_path: Path) -> None:
    rate, domain, names = STANDARD[name]
    task = load(name)
    corpus, _, split = task.dataset.partition("/")
    audio = voice(10 if corpus == "musdb" else 1, rate)
    content = dict.fromkeys(names, (audio, "text") if domain == "speech" else audio)
    places = (split,) if corpus in ("librispeech", "libritts", "aishell", "musdb") else ()
    lay[corpus](tmp_path, content, *places)
    results = run(
        name,
        codecs="identity",
        metrics="kbps,mel_cs",
        data_root=tmp_path,
        limit=2,
        out=tmp_path / "out",
        workers=1,
        device="cpu",
        offline=True,
    )
    (table,) = results.tables
    assert not results.failed
    assert f"scored at {rate} Hz" in table.subtitle
    assert table.rows[0].cells["mel_cs"].value == pytest.approx(0, abs=1e-6)
    card = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["tasks"][name]
    ids = [clip["id"] for clip in card["clips"]]
    everything = [f"{one}_000-010" for one in names] if corpus == "musdb" else list(names)
    assert set(ids) == set(drawn(everything, 2))
    assert card["clip_ids_sha256"] == hashlib.sha256("".join(f"{one}\n" for one in ids).encode()).hexdigest()
    assert {clip["domain"] for clip in card["clips"]} == {domain}
    assert card["dataset"]["licence"] == registry.dataset(task.dataset)[0].licence


def test_the_subset_is_part_of_every_larger_one(lay: Any, voice: Any, clips: Any, tmp_path: Path) -> None:
    lay["esc50"](tmp_path, {f"1-{number}-A-0": voice(0.05) for number in range(40)})
    found = clips("esc50", tmp_path)
    selection = load("resynthesis-esc50").selection
    chosen = {
        limit: [clip.id for clip in selection.model_copy(update={"limit": limit}).apply(found)] for limit in (5, 20, 99)
    }
    assert set(chosen[5]) == set(drawn([clip.id for clip in found], 5)) < set(chosen[20])
    assert chosen[99] == [clip.id for clip in selection.apply(found)] == [clip.id for clip in found]
