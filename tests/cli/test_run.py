"""`codecmark run`: its exit codes, what it prints, what it leaves; an installed plug-in beside those of ours."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
