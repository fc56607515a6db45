"""LibriSpeech (Panayotov et al., ICASSP 2015), read from a local tree: `librispeech/SPLIT`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from codecmark.core.corpora import Corpus
from codecmark.core.errors import DataError
from codecmark.core.files import AudioFile, read_text
from codecmark.core.plugins import Archive, DatasetPlugin

BASE_URL = "https://www.openslr.org/resources/12"
SPLITS = {
    "dev-clean": ("42e2234ba48799c1f50f24a7926300a1", 337926286),
    "dev-other": ("c8d0bcc9cca99d4f8b62fcc847357931", 314305928),
    "test-clean": ("32fa31d27d2e1cad72775fee3f4849a9", 346663984),
    "test-other": ("fb5a50374b501bb3bac4815ee91d3135", 328757843),
    "train-clean-100": ("2a93770f6d5c6c964bc36631d331a522", 6387309499),
    "train-clean-360": ("c0e676e450a7ff2f54aeade5171606fa", 23049477885),
    "train-other-500": ("d1a0fd59409feb2c614ce4d30c387708", 30593501606),
}
"""The splits, with the MD5 of each one's archive as its publisher gives it (md5sum.txt beside the archives) and its
bytes."""


def utterances(corpus: Path, split: str) -> Iterator[AudioFile]:
    """FLAC files of 16 kHz, sorted by path; transcripts in upper case as published, speakers by their number.

    Raises `DataError` when a chapter lacks audio or transcripts.
    """
    for chapter in sorted((corpus / split).glob("*/*/")):
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


PLUGIN = DatasetPlugin(
    name="librispeech",
    title="LibriSpeech",
    summary="read English audiobooks at 16 kHz with transcripts (Panayotov et al., 2015)",
    licence="CC BY 4.0",
    open=partial(Corpus, "librispeech", utterances),
    splits=tuple(SPLITS),
    folders=("LibriSpeech", "librispeech"),
    holds="{split}",
    layout="<data root>/LibriSpeech/SPLIT/SPEAKER/CHAPTER/*.flac with SPEAKER-CHAPTER.trans.txt",
    url="https://www.openslr.org/12",
    archives={
        split: Archive(url=f"{BASE_URL}/{split}.tar.gz", checksum=checksum, size=size)
        for split, (checksum, size) in SPLITS.items()
    },
)
