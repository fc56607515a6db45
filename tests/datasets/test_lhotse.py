"""Lhotse's recipes read the same trees as our readers, and find the same; what they prepare can be measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codecmark import Audio
from codecmark.core.errors import DataError

pytest.importorskip("lhotse", reason="Lhotse is not installed: pip install 'codecmark[data]'")

from lhotse import CutSet, Recording, RecordingSet, SupervisionSegment, SupervisionSet
from lhotse.recipes import aishell, librispeech, libritts, ljspeech, vctk

PREPARED: Mapping[str, tuple[tuple[str, ...], Callable[[Path], Mapping[str, Any]]]] = {
    # Corpus and split as we call them; utterances; Lhotse's recipe for the same tree.
    "librispeech/test-clean": (
        ("61-70968-0000", "61-70968-0001", "1089-134686-0000"),
        lambda root: librispeech.prepare_librispeech(root / "LibriSpeech", dataset_parts="test-clean")["test-clean"],
    ),
    "libritts/test-clean": (
        ("61_70968_000000_000001", "1089_134686_000001_000001"),
        lambda root: libritts.prepare_libritts(root / "LibriTTS", "test-clean")["test-clean"],
    ),
    "vctk/all": (
        ("p225_001", "p232_001", "p257_002"),
        lambda root: vctk.prepare_vctk(root / "VCTK-Corpus-0.92", use_edinburgh_vctk_url=True, mic_id="mic1"),
    ),
    "ljspeech/all": (("LJ001-0001", "LJ045-0096"), lambda root: ljspeech.prepare_ljspeech(root / "LJSpeech-1.1")),
    "aishell/test": (
        ("BAC009S0764W0121", "BAC009S0765W0122"),
        lambda root: every_part(root)["test"],
    ),
}


def every_part(root: Path) -> Any:
    """The recipe of AISHELL-1 reads all parts, or none."""
    wav = root / "data_aishell" / "wav"
    for part in ("train", "dev"):
        speaker = wav / part / "S0002"
        speaker.mkdir(parents=True)
        (speaker / "BAC009S0764W0121.wav").write_bytes(next(wav.glob("test/*/*.wav")).read_bytes())
    return aishell.prepare_aishell(root)


@pytest.mark.parametrize("name", PREPARED)
def test_a_recipe_finds_what_our_reader_finds(name: str, lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    utterances, prepare = PREPARED[name]
    corpus = name.partition("/")[0]
    rate = {"libritts": 24000, "vctk": 48000, "ljspeech": 22050}.get(corpus, 16000)
    spoken = {one: (voice(0.5 + 0.1 * place, rate), f"Text {one}.") for place, one in enumerate(utterances)}
    lay[corpus](tmp_path, spoken)
    theirs = {}
    for said in prepare(tmp_path)["supervisions"]:
        text = said.custom["normalized_text"] if corpus == "ljspeech" else said.text
        theirs[said.id.removesuffix("_mic1")] = (text.upper(), said.speaker or "LJ", pytest.approx(said.duration))
    ours = {clip.id: ((clip.text or "").upper(), clip.speaker, clip.seconds) for clip in clips(name, tmp_path)}
    assert ours == theirs
    assert ours.keys() == set(utterances)


@pytest.fixture
def prepared(lay: Any, voice: Any, tmp_path: Path) -> Path:
    """What `lhotse prepare librispeech` writes."""
    utterances, _ = PREPARED["librispeech/test-clean"]
    lay["librispeech"](
        tmp_path, {one: (voice(1 + place, 16000), f"text {one}") for place, one in enumerate(utterances)}
    )
    librispeech.prepare_librispeech(tmp_path / "LibriSpeech", dataset_parts="test-clean", output_dir=tmp_path)
    return tmp_path / "librispeech_recordings_test-clean.jsonl.gz"


def test_a_prepared_corpus_is_read(prepared: Path, clips: Any) -> None:
    ours = {clip.id: clip for clip in clips("librispeech/test-clean", prepared.parent)}
    theirs = clips(f"lhotse:{prepared}", None)
    assert {clip.id for clip in theirs} == ours.keys()
    for clip in theirs:
        mine = ours[clip.id]
        assert (clip.text, clip.speaker, clip.seconds, clip.sha256) == (
            mine.text,
            mine.speaker,
            mine.seconds,
            mine.sha256,
        )
        assert (clip.language, clip.audio().sha256) == ("English", mine.audio().sha256)


def test_recordings_without_supervisions_are_clips_as_a_whole(prepared: Path, clips: Any) -> None:
    prepared.with_name(prepared.name.replace("recordings", "supervisions")).unlink()
    assert {(clip.id, clip.text, clip.seconds) for clip in clips(f"lhotse:{prepared}", None)} == {
        ("61-70968-0000", None, 1.0),
        ("61-70968-0001", None, 2.0),
        ("1089-134686-0000", None, 3.0),
    }


def test_cuts_are_excerpts(prepared: Path, clips: Any, tmp_path: Path) -> None:
    whole = CutSet.from_manifests(recordings=RecordingSet.from_file(prepared))
    cut = next(one for one in whole if one.recording_id == "1089-134686-0000").truncate(offset=0.5, duration=1.25)
    CutSet.from_cuts([cut]).to_file(tmp_path / "cuts.jsonl")
    (clip,) = clips(f"lhotse:{tmp_path / 'cuts.jsonl'}", None)
    assert clip.seconds == 1.25
    np.testing.assert_allclose(clip.audio().samples, cut.load_audio(), atol=1e-6)


def test_cuts_that_are_more_than_parts_of_files_are_refused(prepared: Path, clips: Any, tmp_path: Path) -> None:
    whole = CutSet.from_manifests(recordings=RecordingSet.from_file(prepared))
    for number, changed in enumerate((whole.perturb_speed(1.1), whole.pad(duration=9), whole.resample(8000))):
        path = tmp_path / f"cuts{number}.jsonl"
        changed.to_file(path)
        with pytest.raises(DataError, match="not a plain part of one file: write such cuts out first"):
            clips(f"lhotse:{path}", None)


def test_one_channel_of_several_is_refused(clips: Any, voice: Any, tmp_path: Path) -> None:
    sides = np.stack([voice(1.0, seed=seed).samples[0] for seed in (1, 2)])
    Audio(sides, 16000).write(tmp_path / "call.wav")
    recording = Recording.from_file(tmp_path / "call.wav")
    said = SupervisionSegment("caller", "call", start=0.1, duration=0.5, channel=1, text="Hello.")
    RecordingSet.from_recordings([recording]).to_file(tmp_path / "calls_recordings.jsonl")
    assert [clip.audio().channels for clip in clips(f"lhotse:{tmp_path / 'calls_recordings.jsonl'}", None)] == [2]
    SupervisionSet.from_segments([said]).to_file(tmp_path / "calls_supervisions.jsonl")
    with pytest.raises(DataError, match="'caller' is not a plain part of one file"):
        clips(f"lhotse:{tmp_path / 'calls_recordings.jsonl'}", None)


def test_what_is_no_manifest_is_said(prepared: Path, clips: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"cannot read .*broken\.jsonl as a manifest of Lhotse"):
        clips(f"lhotse:{tmp_path / 'broken.jsonl'}", None)
    with pytest.raises(DataError, match=r"cannot read .*none\.jsonl as a manifest of Lhotse"):
        clips(f"lhotse:{tmp_path / 'none.jsonl'}", None)
    supervisions = prepared.with_name(prepared.name.replace("recordings", "supervisions"))
    with pytest.raises(DataError, match="is no manifest of recordings or cuts"):
        clips(f"lhotse:{supervisions}", None)
    next(prepared.parent.rglob("*.flac")).unlink()
    with pytest.raises(DataError, match=r"cannot read audio .*\.flac: No such file"):
        clips(f"lhotse:{prepared}", None)
