"""Trees of corpora, laid out as their publishers do; what is in them is up to the test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from codecmark import Audio
from codecmark.core import registry
from codecmark.core.items import Clip
from codecmark.core.resources import Resources

Spoken = Mapping[str, tuple[Audio, str]]
"""Utterances by id: what is heard and what is said."""
Sounds = Mapping[str, Audio]


def put(audio: Audio, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    audio.write(path)


def write(text: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def librispeech(root: Path, spoken: Spoken, split: str = "test-clean") -> None:
    lines: dict[Path, list[str]] = {}
    for name, (audio, text) in sorted(spoken.items()):
        speaker, chapter, _ = name.split("-")
        folder = root / "LibriSpeech" / split / speaker / chapter
        put(audio, folder / f"{name}.flac")
        lines.setdefault(folder / f"{speaker}-{chapter}.trans.txt", []).append(f"{name} {text.upper()}\n")
    for path, said in lines.items():
        write("".join(said), path)
    write("about", root / "LibriSpeech" / "README.TXT")


def libritts(root: Path, spoken: Spoken, split: str = "test-clean") -> None:
    rows: dict[Path, list[str]] = {}
    for name, (audio, text) in sorted(spoken.items()):
        speaker, chapter, *_ = name.split("_")
        folder = root / "LibriTTS" / split / speaker / chapter
        put(audio, folder / f"{name}.wav")
        write(text, folder / f"{name}.normalized.txt")
        write(f"{text} (1)", folder / f"{name}.original.txt")
        rows.setdefault(folder / f"{speaker}_{chapter}.trans.tsv", []).append(f"{name}\t{text} (1)\t{text}\n")
        rows.setdefault(folder / f"{speaker}_{chapter}.book.tsv", []).append(f"{name}\t{text} (1)\t0\t20.5\n")
    for path, said in rows.items():
        write("".join(said), path)
    write("; ID|SEX|SUBSET|MINUTES|NAME\n", root / "LibriTTS" / "SPEAKERS.txt")


def vctk(root: Path, spoken: Spoken) -> None:
    corpus = root / "VCTK-Corpus-0.92"
    for name, (audio, text) in spoken.items():
        speaker = name.split("_")[0]
        for microphone in ("mic1", "mic2"):
            put(audio, corpus / "wav48_silence_trimmed" / speaker / f"{name}_{microphone}.flac")
        write(f"{text}\n", corpus / "txt" / speaker / f"{name}.txt")
    speakers = {name.split("_")[0] for name in spoken}
    lines = [f"{speaker}  23  F    English    Southern  England\n" for speaker in sorted(speakers)]
    write("ID  AGE  GENDER  ACCENTS  REGION COMMENTS\n" + "".join(lines), corpus / "speaker-info.txt")
    write("", corpus / "wav48_silence_trimmed" / "log.txt")


def aishell(root: Path, spoken: Spoken, split: str = "test") -> None:
    corpus = root / "data_aishell"
    for name, (audio, _) in spoken.items():
        put(audio, corpus / "wav" / split / name[6:11] / f"{name}.wav")
    lines = [f"{name} {text}\n" for name, (_, text) in sorted(spoken.items()) if text]
    write("".join(lines), corpus / "transcript" / "aishell_transcript_v0.8.txt")


def ljspeech(root: Path, spoken: Spoken) -> None:
    corpus = root / "LJSpeech-1.1"
    for name, (audio, _) in spoken.items():
        put(audio, corpus / "wavs" / f"{name}.wav")
    rows = [f'{name}|"{text}|{text}\n' for name, (_, text) in sorted(spoken.items())]  # some texts open a quote
    write("".join(rows), corpus / "metadata.csv")


def musdb(root: Path, sounds: Sounds, split: str = "test") -> None:
    for name, audio in sounds.items():
        for part in ("mixture", "bass", "drums", "other", "vocals"):
            put(audio, root / "musdb18hq" / split / name / f"{part}.wav")


def fma(root: Path, sounds: Sounds) -> None:
    for name, audio in sounds.items():
        path = root / "fma_small" / name[:3] / f"{name}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        audio.write(path, "MPEG_LAYER_III")
    write("0  000/000002.mp3\n", root / "fma_small" / "checksums")


def esc50(root: Path, sounds: Sounds) -> None:
    corpus = root / "ESC-50-master"
    for name, audio in sounds.items():
        put(audio, corpus / "audio" / f"{name}.wav")
    rows = [f"{name}.wav,1,0,dog,True,100032,A\n" for name in sounds]
    write("filename,fold,target,category,esc10,src_file,take\n" + "".join(rows), corpus / "meta" / "esc50.csv")


def audioset(root: Path, sounds: Sounds, lost: tuple[str, ...] = (), folder: str = "eval") -> None:
    """`sounds` by the name of their file, which begins with the id of the video, maybe after a Y."""
    for name, audio in sounds.items():
        put(audio, root / "AudioSet" / folder / f"{name}.flac")
    ids = [*sorted(name.removeprefix("Y")[:11] for name in sounds), *lost]
    rows = [f'{name}, 30.000, 40.000, "/m/0k4j,/m/07yv9"\n' for name in ids]
    head = "# Segments csv created Sun Mar  5 10:54:25 2017\n# num_ytids=3\n# YTID, start_seconds, end_seconds\n"
    write(head + "".join(rows), root / "AudioSet" / "eval_segments.csv")


LAYOUTS = (librispeech, libritts, vctk, aishell, ljspeech, musdb, fma, esc50, audioset)


@pytest.fixture
def lay() -> Mapping[str, Callable[..., None]]:
    """Lays out a corpus, by its name."""
    return {layout.__name__: layout for layout in LAYOUTS}


@pytest.fixture
def clips() -> Callable[..., list[Clip]]:
    """The clips of a dataset in a data root."""

    def read(full_name: str, root: Path | None) -> list[Clip]:
        plugin, argument = registry.dataset(full_name)
        return list(plugin.open(argument, Resources(data_root=root)).clips())

    return read


@pytest.fixture
def real(shared: Path) -> Callable[[str], dict[str, tuple[Audio, str]]]:
    """Real recordings of a corpus by their ids, with what is said in them ('' where nobody knows)."""

    def read(corpus: str) -> dict[str, tuple[Audio, str]]:
        folder = shared / "data" / corpus
        rows: list[dict[str, Any]] = [json.loads(line) for line in (folder / "manifest.jsonl").open(encoding="utf-8")]
        return {row["id"]: (Audio.read(folder / row["path"]), row["text"] or "") for row in rows}

    return read


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of each test's own: what one downloads, no other finds."""
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "home"))
