"""LJSpeech 1.1 (Ito and Johnson, 2017), read from a local tree: `ljspeech/SPLIT`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from codecmark.core.corpora import Corpus
from codecmark.core.files import AudioFile, read_text
from codecmark.core.plugins import Archive, DatasetPlugin

TEST_IDS = Path(__file__).parent / "lists" / "ljspeech-test.txt"
"""LJSpeech has no split of its own. These are the 500 test utterances of NVIDIA's Tacotron 2, from its file lists."""


def utterances(corpus: Path, split: str) -> Iterator[AudioFile]:
    """WAV files of 22.05 kHz, sorted by name, with their normalised transcripts: those of `test`, or `all`."""
    chosen = set(read_text(TEST_IDS).split()) if split == "test" else None
    rows = csv.reader(read_text(corpus / "metadata.csv").split("\n"), delimiter="|", quoting=csv.QUOTE_NONE)
    said = {row[0]: row[-1] for row in rows if row}
    for file in sorted((corpus / "wavs").glob("*.wav")):
        if chosen is None or file.stem in chosen:
            yield AudioFile(id=file.stem, path=file, text=said.get(file.stem), speaker="LJ", language="en")


PLUGIN = DatasetPlugin(
    name="ljspeech",
    title="LJSpeech",
    summary="one speaker reading English non-fiction at 22.05 kHz, with transcripts (Ito and Johnson, 2017)",
    licence="public domain",
    open=partial(Corpus, "ljspeech", utterances),
    splits=("test", "all"),
    folders=("LJSpeech-1.1", "ljspeech"),
    holds="metadata.csv",
    layout="<data root>/LJSpeech-1.1/wavs/*.wav and metadata.csv; "
    "test: the 500 utterances held out by NVIDIA's Tacotron 2",
    url="https://keithito.com/LJ-Speech-Dataset",
    archives=dict.fromkeys(
        ("test", "all"),
        Archive(
            url="https://data.keithito.com/data/speech/LJSpeech-1.1.tar.bz2",
            checksum="c4763be9595ddfa79c2fc6eaeb3b6c8e",
            size=2748572632,
        ),
    ),
)
