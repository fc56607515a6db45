"""`codecmark run`: its exit codes, what it prints, what it leaves; an installed plug-in beside those of ours."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from codecmark import Audio, Prefix
from codecmark.core import content

EXAMPLE = Path(__file__).parents[2] / "examples" / "codecmark-example-plugin"
HERE = ("--device", "cpu", "--offline", "--workers", 1)


def test_the_table_and_where_everything_is(
    cli: Any, bench: Any, voice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bench.add(a=voice(), b=voice(seed=1))
    ended = cli("run", bench.task(), "--codecs", "mulaw/8khz,opus/6", *HERE)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == "Bench"
    order = [line.split()[0] for line in lines if line.strip().startswith(("opus/6 ", "mulaw/8khz "))]
    assert order == ["opus/6", "mulaw/8khz"]  # by bit rate
    assert lines[-1] == "next: codecmark report runs/bench --out report"
    assert ended.err == "8 scores to measure\n"
    assert cli("run", bench.task(), "--codecs", "opus/6", *HERE).err == "0 scores to measure, 4 need no work\n"


def test_failed_cells_are_exit_code_1_and_are_listed(cli: Any, bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice(), blink=voice(0.05))
    task = bench.task(metrics=["stoi", "kbps"], models=["mulaw/8khz"])
    ended = cli("run", task, "--out", tmp_path / "out", *HERE)
    assert ended.code == 1
    assert "1 scores failed:" in ended.out
    assert "  blink.wav (mulaw/8khz, stoi): score: STOI needs 30 frames (0.4 s) that are not silent" in ended.out
    assert "(1/2)" in ended.out


def test_missing_weights_are_no_failure(cli: Any, bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice())
    ended = cli("run", bench.task(models=["identity", "lyra/6"]), "--out", tmp_path / "out", *HERE)
    assert ended.code == 0
    assert "unavailable: weights 'lyra' are missing (codecmark download lyra)" in ended.out


def test_a_dry_run_says_what_it_would_do_and_does_nothing(cli: Any, bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice(), b=voice(seed=1))
    words = ("run", bench.task(models=["identity", "opus/6"]), "--out", tmp_path / "out", *HERE)
    ended = cli(*words, "--dry-run")
    assert ended.code == 0
    assert "bench: 8 scores to measure, 0 need no work" in ended.out
    assert not (tmp_path / "out").exists()
    assert cli(*words).code == 0
    assert "bench: 0 scores to measure, 8 need no work" in cli(*words, "--dry-run").out


def test_kept_audio_is_what_was_decoded(cli: Any, bench: Any, voice: Any, tmp_path: Path) -> None:
    import soundfile

    bench.add(a=voice())
    ended = cli("run", bench.task(models=["identity"]), "--out", tmp_path / "out", *HERE, "--keep-audio")
    assert ended.code == 0
    kept, rate = soundfile.read(tmp_path / "out" / "audio" / "bench" / "identity" / "pcm" / "a.wav.flac")
    assert rate == 16000
    assert abs(kept - voice().samples[0]).max() < 2**-22


def test_a_setting_named_by_many_words_is_one(cli: Any, bench: Any, voice: Any, tmp_path: Path) -> None:
    bench.add(a=voice(0.2))
    words = ("run", bench.task(), "--out", tmp_path / "out", "--dry-run", *HERE)
    ended = cli(*words, "--codecs", "opus/1*,opus/12,mulaw, identity")
    (line,) = [line for line in ended.out.splitlines() if line.startswith("  settings")]
    settings = line.removeprefix("  settings").replace(" ", "").split(",")
    assert settings[:2] == ["opus/12", "opus/16"]
    assert len(set(settings)) == len(settings)
    assert settings[-1] == "identity/pcm"


@pytest.mark.usefixtures("plug_ins")
def test_a_setting_for_each_number_of_codebooks(cli: Any, bench: Any, tmp_path: Path, rows: Any) -> None:
    """Of a codec whose first n codebooks are n-bit PCM: at full scale every codebook adds 6.02 dB."""
    noise = np.random.default_rng(0).uniform(-1, 1, 8000)
    bench.add(a=Audio(noise, 8000))
    task = bench.task(models=["layered/pcm", "mulaw/8khz"], sample_rate=8000)
    words = ("run", task, "--out", tmp_path / "out", *HERE)
    assert cli(*words, "--codebooks", "1,2,4,8").code == 0
    found = rows(tmp_path / "out")
    kbps = {key[0]: row["value"] for key, row in found.items() if key[2] == "kbps"}
    assert kbps == {"layered/pcm@1": 8, "layered/pcm@2": 16, "layered/pcm@4": 32, "layered/pcm": 64, "mulaw/8khz": 64}
    for codebooks, id_ in ((1, "layered/pcm@1"), (4, "layered/pcm@4"), (8, "layered/pcm")):
        expected = 10 * math.log10(4**codebooks - 1)  # of the decoded signal against an error that is independent of it
        assert found[id_, "a.wav", "si_sdr"]["value"] == pytest.approx(expected, abs=0.3)
    again = cli(*words, "--codecs", "layered/pcm@4,layered/pcm@2", "--metrics", "kbps")  # as a page says it
    assert again.err == "0 scores to measure, 2 need no work\n"


@pytest.mark.usefixtures("plug_ins")
def test_what_numbers_of_codebooks_leave_as_it_is_is_said(
    cli: Any, bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import layered_codec

    card = replace(layered_codec.PLUGIN.card, prefix=Prefix(False, "all bits are needed"))
    monkeypatch.setattr(layered_codec, "PLUGIN", replace(layered_codec.PLUGIN, card=card))
    words = ("run", bench.task(dataset="starter"), "--dry-run", "--out", tmp_path / "out", *HERE, "--codebooks", "1")
    why = "layered/pcm: a prefix of its codebooks is no valid lower rate: all bits are needed"
    ended = cli(*words, "--codecs", "layered")
    assert (ended.code, ended.err) == (2, f"codecmark: {why}\n")
    ended = cli(*words, "--codecs", "l*")  # Lyra as well
    assert f"--codebooks changes nothing about {why}" in ended.err.splitlines()
    assert "layered/pcm," in ended.out
    assert "lyra/9.2@1" in ended.out


@pytest.mark.usefixtures("plug_ins")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--codecs", "layered/pcm", "--codebooks", "1,9"], "layered/pcm has 8 codebooks, not 9: give 1 to 8"),
        (["--codecs", "opus", "--codebooks", "2"], "--codebooks: none of opus has codebooks"),
        (["--codecs", "layered/pcm", "--codebooks", "two"], "codebooks 'two': give whole numbers from 1"),
        (["--codecs", "needy", "--codebooks", "1"], "--codebooks: none of needy has codebooks"),
    ],
)
def test_numbers_of_codebooks_that_there_are_not(cli: Any, bench: Any, words: list[str], says: str) -> None:
    ended = cli("run", bench.task(), *words, *HERE)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert says in ended.err


@pytest.mark.usefixtures("plug_ins")
def test_throughput_alone_and_in_the_largest_batch(cli: Any, tmp_path: Path, rows: Any) -> None:
    """One clip at a time everywhere; together as many as there is room for, and without any corpus."""
    import layered_codec

    layered_codec.BATCHES.clear()
    task = yaml.safe_load(content.path("tasks", "throughput").read_text())
    task["timing"] |= {"repeats": 2, "clip_seconds": 0.5, "max_batch": 16, "max_batch_cpu": 16}
    path = tmp_path / "fast.yaml"
    path.write_text(yaml.safe_dump(task))
    ended = cli("run", path, "--codecs", "layered,mulaw/8khz", "--out", tmp_path / "out", *HERE)
    assert ended.code == 1  # there is one that has no room for a single clip
    tried = [size for setting, size in layered_codec.BATCHES if setting == "layered/narrow"]
    assert tried == [1, 1, 1, 2, 4, 8, 4, 4, 4]  # alone; looking; and with one warm-up
    found = {key[::2]: row for key, row in rows(tmp_path / "out").items()}
    sizes = {key[0]: row["value"] for key, row in found.items() if key[1] == "batch_size"}
    assert sizes == {
        "layered/pcm": 16,
        "layered/narrow": 4,
        "layered/cramped": 1,
        "layered/full": None,
        "mulaw/8khz": 16,
    }
    limits = {
        key[0]: json.loads(row["detail"]).get("limit") for key, row in found.items() if key[1] == "batch_encode_rtf"
    }
    assert limits["layered/narrow"] == "out of memory at 8"
    assert limits["layered/cramped"] == "out of memory at 2"
    assert limits["layered/pcm"] == "no more than 16 were to be tried"
    assert (found["layered/full", "encode_rtf"]["status"], found["layered/full", "encode_rtf"]["kind"]) == (
        "failed",
        "OutOfMemoryError",
    )
    one, together = found["layered/narrow", "encode_rtf"], found["layered/narrow", "batch_encode_rtf"]
    assert [json.loads(row["detail"])[key] for row in (one, together) for key in ("batch", "clip_seconds")] == [
        1,
        0.5,
        4,
        0.5,
    ]
    assert one["value"] > 0
    again = cli("run", path, "--codecs", "layered/narrow,mulaw/8khz", "--out", tmp_path / "out", *HERE)
    assert again.err.startswith("0 scores to measure")


@pytest.mark.usefixtures("plug_ins")
def test_where_memory_runs_out_a_run_goes_on_with_halves(cli: Any, bench: Any, voice: Any, tmp_path: Path) -> None:
    import layered_codec

    bench.add(**{f"clip{index}": voice(0.1, seed=index) for index in range(8)})
    layered_codec.BATCHES.clear()
    words = ("run", bench.task(models=["layered/narrow"]), "--out", tmp_path / "out", *HERE)
    ended = cli(*words)
    assert ended.code == 0
    assert [size for _, size in layered_codec.BATCHES] == [8, 4, 4]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the example plug-in, as anyone would, but offline."""
    target = tmp_path_factory.mktemp("site")
    pytest.importorskip("hatchling")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(EXAMPLE)], check=True, capture_output=True, text=True)
    return target


def test_an_installed_plug_in_runs_beside_the_built_in_codecs(
    installed: Path, bench: Any, voice: Any, tmp_path: Path, rows: Any
) -> None:
    bench.add(a=voice(), b=voice(seed=1))
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def codecmark(*words: object) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "codecmark", *map(str, words)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "bitcrush/4bit" in codecmark("list", "codecs")
    assert "crest" in codecmark("list", "metrics")
    task = bench.task(metrics=["kbps", "si_sdr", "crest"], models=["bitcrush", "mulaw/16khz"])
    table = codecmark("run", task, "--out", tmp_path / "out", *HERE)
    assert {"bitcrush/4bit", "bitcrush/8bit", "mulaw/16khz"} <= set(table.split())
    found = rows(tmp_path / "out")
    assert {row["status"] for row in found.values()} == {"ok"}
    assert found["bitcrush/4bit", "a.wav", "kbps"]["value"] == pytest.approx(64)
    assert found["bitcrush/8bit", "a.wav", "si_sdr"]["value"] > found["bitcrush/4bit", "a.wav", "si_sdr"]["value"] + 20
    # 8 bits over the whole range: noise of variance step^2 / 12
    samples = voice().samples[0].astype(float)
    expected = 10 * math.log10(samples.var() / ((1 / 128) ** 2 / 12))
    assert found["bitcrush/8bit", "a.wav", "si_sdr"]["value"] == pytest.approx(expected, abs=0.5)
