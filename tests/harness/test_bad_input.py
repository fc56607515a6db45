"""Bad audio, bad plug-ins, bad weights: typed failures for what they concern, scores for all the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from codecmark import Audio, run
from codecmark.core.errors import ContentError, DataError, UnknownName, WeightsError
from codecmark.core.resources import Resources
from codecmark.harness import workers


def measure(task: str, out: Path, **options: Any) -> Any:
    return run(task, out=out, workers=1, device="cpu", offline=True, **options)


@pytest.fixture
def odd_clips(bench: Any, voice: Any) -> Path:
    """One of every kind of file that people have."""
    bench.add(good=voice(), blink=voice(0.05), telephone=voice(rate=8000), studio=voice(0.5, 192000))
    folder: Path = bench.clips
    three = np.stack([voice(seed=seed).samples[0] for seed in range(3)], axis=1)
    soundfile.write(folder / "three.wav", three, 16000)
    soundfile.write(folder / "two.flac", three[:, :2], 16000)
    soundfile.write(folder / "no_samples.wav", np.zeros((0, 1)), 16000)
    soundfile.write(folder / "one_sample.wav", np.full((1, 1), 0.5), 192000)
    soundfile.write(folder / "silence.wav", np.zeros((16000, 1)), 16000)
    soundfile.write(folder / "nan.wav", np.where(np.arange(16000) == 99, np.nan, 0.1), 16000, "FLOAT")
    (folder / "no_bytes.wav").write_bytes(b"")
    (folder / "corrupt.flac").write_bytes(b"fLaC" + bytes(1000))
    (folder / "text.mp3").write_text("this is no music")
    (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    return folder


def test_odd_files_cost_only_themselves(bench: Any, odd_clips: Path, tmp_path: Path, rows: Any) -> None:
    task = bench.task(metrics=["kbps", "si_sdr", "pesq_wb", "stoi"], models=["mulaw/8khz", "opus/12"])
    results = measure(task, tmp_path / "out")
    found = rows(tmp_path / "out")
    unreadable = {
        "three.wav": "channels",
        "no_samples.wav": "empty",
        "nan.wav": "not_finite",
        "no_bytes.wav": "DataError",
        "corrupt.flac": "DataError",
        "text.mp3": "DataError",
    }
    for setting in ("mulaw/8khz", "opus/12"):
        for clip, kind in unreadable.items():
            row = found[setting, clip, "kbps"]
            assert (row["status"], row["kind"], row["value"]) == ("failed", kind, None), clip
            assert row["reason"].startswith("read: ")
            assert "\n" not in row["reason"]
        for clip in ("good.wav", "telephone.wav", "studio.wav", "two.flac"):
            assert found[setting, clip, "si_sdr"]["status"] == "ok", clip
        assert found[setting, "silence.wav", "si_sdr"]["kind"] == "silent"
        assert found[setting, "blink.wav", "pesq_wb"]["kind"] == "too_short"
        assert found[setting, "blink.wav", "stoi"]["kind"] == "too_short"
        assert found[setting, "blink.wav", "si_sdr"]["status"] == "ok"
        assert found[setting, "telephone.wav", "pesq_wb"]["status"] == "not_applicable"
        assert found[setting, "good.wav", "pesq_wb"]["status"] == "ok"
        assert found[setting, "one_sample.wav", "stoi"]["status"] == "failed"
    assert ("opus/12", "gone.wav", "kbps") not in found  # a link to nothing is not a file of the folder
    assert results.failed == sum(row["status"] == "failed" for row in found.values())
    cell = results.tables[0].rows[0].cells["si_sdr"]
    assert (cell.state, cell.n_ok, cell.n) == ("partial", 5, 13)


def test_a_file_that_disappears_costs_only_itself(bench: Any, voice: Any, tmp_path: Path, rows: Any) -> None:
    bench.add(stays=voice(), goes=voice(seed=1))
    first = measure(bench.task(metrics=["kbps"]), tmp_path / "out")
    assert first.failed == 0

    from codecmark.datasets.folder import Folder

    listed = Folder(bench.clips).clips()
    (bench.clips / "goes.wav").unlink()
    with pytest.raises(DataError, match=r"cannot read audio .*goes\.wav: no such file"):
        next(clip for clip in listed if clip.id == "goes.wav").audio()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"path": "gone.wav"}', r"manifest\.jsonl, line 1: no such audio file: .*gone\.wav"),
        ("{broken", r"manifest\.jsonl, line 1: not JSON"),
        ("", "lists no files"),
    ],
)
def test_a_broken_manifest_ends_the_run_before_it_begins(bench: Any, tmp_path: Path, lines: str, message: str) -> None:
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text(lines)
    with pytest.raises(DataError, match=message):
        measure(bench.task(dataset=f"manifest:{manifest}"), tmp_path / "out")


@pytest.mark.usefixtures("plug_ins")
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("raises", "ValueError"),
        ("memory", "MemoryError"),
        ("few", "wrong_answer"),
        ("nothing", "wrong_answer"),
        ("hole", "wrong_answer"),
        ("bytes", "wrong_answer"),
        ("length", "wrong_length"),
        ("stereo", "wrong_length"),
        ("rate", "wrong_rate"),
        ("nan", "not_finite"),
    ],
)
def test_a_codec_that_breaks_a_promise_fails_for_that_clip(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, fault: str, kind: str
) -> None:
    bench.add(a=voice(), loud=voice(peak=0.99), z=voice(0.5))
    task = bench.task(metrics=["kbps", "encode_rtf"], models=[f"faulty/{fault}", "faulty/none"], timing={"clips": 3})
    results = measure(task, tmp_path / "out")
    found = rows(tmp_path / "out")
    for metric in ("kbps", "encode_rtf"):
        row = found[f"faulty/{fault}", "loud.wav", metric]
        assert (row["status"], row["kind"], row["value"]) == ("failed", kind, None), metric
        assert "\n" not in row["reason"]
    assert results.failed == 2
    assert all(row["status"] == "ok" for key, row in found.items() if key[1] != "loud.wav" or "none" in key[0])


@pytest.mark.usefixtures("plug_ins")
def test_a_model_that_does_not_open_fails_alone(bench: Any, voice: Any, tmp_path: Path, rows: Any) -> None:
    bench.add(a=voice(), b=voice())
    task = bench.task(metrics=["kbps", "encode_rtf"], models=["faulty/open", "faulty/none"])
    assert measure(task, tmp_path / "out").failed == 3
    found = rows(tmp_path / "out")
    assert found["faulty/open", "a.wav", "kbps"]["reason"] == "open: RuntimeError: the model is not in a mood"
    assert {row["status"] for key, row in found.items() if key[0] == "faulty/none"} == {"ok"}


@pytest.mark.usefixtures("plug_ins")
def test_a_corpus_that_raises_for_a_clip(bench: Any, tmp_path: Path, rows: Any) -> None:
    assert measure(bench.task(dataset="flaky", metrics=["kbps"]), tmp_path / "out").failed == 1
    found = rows(tmp_path / "out")
    assert found["identity/pcm", "moody", "kbps"]["reason"] == "read: ZeroDivisionError: not today"
    assert found["identity/pcm", "fine", "kbps"]["status"] == "ok"


@pytest.mark.usefixtures("plug_ins")
@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("aborts", "crash"),
        ("raises", "KeyError"),
        ("mute", "wrong_answer"),
        ("number", "wrong_answer"),
        ("unsound", "TypeError"),
        ("mute_here", "wrong_answer"),
        ("number_here", "wrong_answer"),
        ("unsound_here", "TypeError"),
    ],
)
def test_a_metric_that_misbehaves_fails_for_that_clip(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, metric: str, kind: str
) -> None:
    bench.add(a=voice(), loud=voice(), z=voice(0.5))
    task = bench.task(metrics=["kbps", "si_sdr", metric], models=["mulaw/8khz"])
    assert measure(task, tmp_path / "out").failed == 1
    found = rows(tmp_path / "out")
    row = found.pop(("mulaw/8khz", "loud.wav", metric))
    assert (row["status"], row["kind"], row["value"]) == ("failed", kind, None)
    assert "\n" not in row["reason"]
    assert {row["status"] for row in found.values()} == {"ok"}


@pytest.mark.usefixtures("plug_ins")
def test_a_metric_that_hangs_is_given_up(
    bench: Any, voice: Any, tmp_path: Path, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "TIMEOUT_SECONDS", 4.0)  # a busy machine imports for seconds
    bench.add(a=voice(0.1), loud=voice(0.1))
    assert measure(bench.task(metrics=["si_sdr", "hangs"], models=["mulaw/8khz"]), tmp_path / "out").failed == 1
    found = rows(tmp_path / "out")
    row = found.pop(("mulaw/8khz", "loud.wav", "hangs"))
    assert (row["kind"], row["reason"]) == ("timeout", "score: hangs took longer than 5 s")
    assert {row["status"] for row in found.values()} == {"ok"}


def test_the_clip_that_crashes_pesq_costs_only_its_pesq(bench: Any, voice: Any, tmp_path: Path, rows: Any) -> None:
    """PESQ has room for 50 utterances: 70 bursts of 0.3 s make it write past its arrays."""
    generator = np.random.default_rng(0)
    burst, gap = 0.3 * generator.normal(size=4800), np.zeros(4800)
    bench.add(good=voice(), bursts=Audio(np.tile(np.concatenate([burst, gap]), 70), 16000), other=voice(seed=1))
    task = bench.task(metrics=["pesq_wb", "si_sdr", "kbps"], models=["mulaw/16khz"])
    measure(task, tmp_path / "out")
    found = rows(tmp_path / "out")
    failed = {key[1:]: (row["kind"], row["reason"]) for key, row in found.items() if row["status"] != "ok"}
    reason = "score: pesq took its process with it (ended by SIGSEGV)"
    assert failed == {("bursts.wav", "pesq_wb"): ("crash", reason)}
    assert len(found) == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"codecs": "opsu"}, "unknown codec or setting 'opsu': did you mean opus"),
        ({"codecs": "opus/13"}, "unknown codec or setting 'opus/13': did you mean opus/"),
        ({"codecs": "zz*"}, r"unknown codec or setting 'zz\*': known: .*aac"),
        ({"metrics": "pesq_bw"}, "unknown metric 'pesq_bw': did you mean pesq_wb"),
        ({"dataset": "startre"}, "unknown dataset 'startre': did you mean starter"),
        ({"dataset": "librispeech/test-claen"}, "unknown dataset 'librispeech/test-claen': did you mean librispeech/"),
        ({"dataset": "folder"}, r"unknown dataset 'folder': did you mean folder:PATH\?"),
        ({"executor": "locl"}, "unknown executor 'locl': did you mean local"),
    ],
)
def test_unknown_names_are_answered_with_near_ones(
    bench: Any, voice: Any, tmp_path: Path, options: dict[str, str], message: str
) -> None:
    bench.add(a=voice())
    with pytest.raises(UnknownName, match=message):
        measure(bench.task(), tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_an_unknown_task() -> None:
    with pytest.raises(UnknownName, match="unknown task 'qiuck': did you mean quick"):
        run("qiuck")
    with pytest.raises(ContentError, match=r"no such file: tasks/qiuck\.yaml"):
        run("tasks/qiuck.yaml")


@pytest.mark.usefixtures("plug_ins")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"these are the", r"weights file .*needy\.bin has 13 bytes, not 21: delete it and download it again"),
        (b"these are not weights", r"weights file .*needy\.bin is not the pinned one \(wrong sha256\)"),
        (b"", r"weights file .*needy\.bin has 0 bytes"),
    ],
)
def test_damaged_weights_end_the_run(
    bench: Any, voice: Any, tmp_path: Path, cli: Any, content: bytes, message: str
) -> None:
    bench.add(a=voice())
    (tmp_path / "needy").mkdir()
    (tmp_path / "needy" / "needy.bin").write_bytes(content)
    options = {"models": ["needy/strict"], "metrics": ["kbps"]}
    with pytest.raises(WeightsError, match=message):
        measure(bench.task(**options), tmp_path / "out", weights_root=tmp_path)
    words = ["--weights-root", tmp_path, "--out", tmp_path / "out", "--offline"]
    ended = cli("run", bench.task(**options), *words)
    assert (ended.code, ended.err.count("\n"), "needy.bin" in ended.err) == (2, 1, True)


@pytest.mark.usefixtures("plug_ins")
def test_weights_that_cannot_be_made_up_are_unavailable(bench: Any, voice: Any, tmp_path: Path, rows: Any) -> None:
    bench.add(a=voice())
    task = bench.task(models=["needy"], metrics=["kbps", "si_sdr", "encode_rtf"])
    assert measure(task, tmp_path / "out", random_weights=True).failed == 0
    found = rows(tmp_path / "out")
    status = {key[::2]: row["status"] for key, row in found.items()}
    assert status == {
        ("needy/lenient", "kbps"): "ok",
        ("needy/lenient", "encode_rtf"): "ok",
        ("needy/lenient", "si_sdr"): "not_applicable",
        ("needy/strict", "kbps"): "unavailable",
        ("needy/strict", "encode_rtf"): "unavailable",
        ("needy/strict", "si_sdr"): "not_applicable",
    }
    assert "needy.bin" in found["needy/strict", "a.wav", "kbps"]["reason"]


def test_resources_of_the_tests_are_their_own(tmp_path: Path) -> None:
    from codecmark.codecs.lyra import WEIGHTS

    assert Resources().state(WEIGHTS) == "missing"
