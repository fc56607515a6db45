"""LibriSpeech (Panayotov et al., ICASSP 2015), read from a local tree: `librispeech/SPLIT`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codecmark.core.downloads import fetch, unpacked
from codecmark.core.errors import DataError
from codecmark.core.files import AudioFile, clips_of, read_text
from codecmark.core.items import Clip
from codecmark.core.plugins import DatasetPlugin
from codecmark.core.resources import Resources, home

BASE_URL = "https://www.openslr.org/resources/12"
MD5 = {
    "dev-clean": "42e2234ba48799c1f50f24a7926300a1",
    "dev-other": "c8d0bcc9cca99d4f8b62fcc847357931",
    "test-clean": "32fa31d27d2e1cad72775fee3f4849a9",
    "test-other": "fb5a50374b501bb3bac4815ee91d3135",
    "train-clean-100": "2a93770f6d5c6c964bc36631d331a522",
    "train-clean-360": "c0e676e450a7ff2f54aeade5171606fa",
    "train-other-500": "d1a0fd59409feb2c614ce4d30c387708",
}
"""The splits, and the MD5 of each one's archive as its publisher gives it (md5sum.txt beside the archives)."""


@dataclass(frozen=True, slots=True)
class LibriSpeech:
    """One split: FLAC files of 16 kHz, transcripts in upper case as published, speakers by their number."""

    split: str
    resources: Resources

    def clips(self) -> Sequence[Clip]:
        """Every utterance, sorted by path. Raises `DataError` when the split is not here, or not all of it is."""
        folder = self.folder()
        files = list(_utterances(folder))
        if not files:
            raise DataError(f"{folder} holds no LibriSpeech: expected SPEAKER/CHAPTER/*.flac and *.trans.txt in it")
        return clips_of(files)

    def folder(self) -> Path:
        root, cache = self.resources.data_root, home() / "data"
        for base in (cache,) if root is None else (root, cache):
            for place in (base / "LibriSpeech", base / "librispeech", base):
                if (place / self.split).is_dir():
                    return place / self.split
        wanted = "<data root>" if root is None else root
        raise DataError(
            f"librispeech/{self.split} is not on this machine: put it at {wanted}/LibriSpeech/{self.split} "
            f"(--data-root), or run 'codecmark download librispeech/{self.split}'"
        )


def _utterances(split: Path) -> Iterator[AudioFile]:
    for chapter in sorted(split.glob("*/*/")):
        found = {file.stem: file for file in chapter.glob("*.flac")}
        transcripts = chapter / f"{chapter.parent.name}-{chapter.name}.trans.txt"
        spoken = _transcripts(transcripts) if found or transcripts.exists() else {}
        if missing := sorted(spoken.keys() ^ found.keys()):
            raise DataError(
                f"{chapter} lacks the audio or the transcript of {len(missing)} utterances, {missing[0]} first: "
                "unpack the archive again, or use folder:PATH for a part of a split"
            )
        for name in sorted(found):
            speaker = chapter.parent.name
            yield AudioFile(id=name, path=found[name], text=spoken[name], speaker=speaker, language="en")


def _transcripts(file: Path) -> dict[str, str]:
    lines = (line.strip().partition(" ") for line in read_text(file).splitlines())
    return {name: text for name, _, text in lines if name}


def open_librispeech(split: str, resources: Resources) -> LibriSpeech:
    return LibriSpeech(split, resources)


def download(split: str, root: Path) -> None:
    """Puts a split at `root`/LibriSpeech/`split`; does nothing when it is there.

    Raises `DataError` when the archive cannot be fetched, is not the published one, or holds something else.
    """
    corpus = root / "LibriSpeech"
    if (corpus / split).is_dir():
        return
    archive = root / f"{split}.tar.gz"
    fetch(f"{BASE_URL}/{split}.tar.gz", archive, MD5[split])
    with unpacked(archive) as folder:
        content = folder / "LibriSpeech"
        if not (content / split).is_dir():
            raise DataError(f"{archive} holds no LibriSpeech/{split}")
        corpus.mkdir(exist_ok=True)
        for document in content.glob("*.TXT"):
            shutil.copy(document, corpus)
        (content / split).replace(corpus / split)
    archive.unlink()


PLUGIN = DatasetPlugin(
    name="librispeech",
    title="LibriSpeech",
    summary="read English audiobooks at 16 kHz with transcripts (Panayotov et al., 2015)",
    licence="CC BY 4.0",
    open=open_librispeech,
    splits=tuple(MD5),
    layout="<data root>/LibriSpeech/SPLIT/SPEAKER/CHAPTER/*.flac with SPEAKER-CHAPTER.trans.txt, as in the archives",
    url="https://www.openslr.org/12",
    download=download,
)
