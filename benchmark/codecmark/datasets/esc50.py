"""ESC-50 (Piczak, ACM Multimedia 2015), read from a local tree: `esc50`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from codecmark.core.corpora import Corpus
from codecmark.core.errors import DataError
from codecmark.core.files import AudioFile, read_text
from codecmark.core.plugins import DatasetPlugin

LIST = "meta/esc50.csv"


def recordings(corpus: Path, split: str) -> Iterator[AudioFile]:
    """WAV files of 5 s, mono at 44.1 kHz, in the order of the corpus's list.

    Raises `DataError` when the list has no column `filename`, or a file of it is not here.
    """
    for row in csv.DictReader(read_text(corpus / LIST).splitlines()):
        if "filename" not in row:
            raise DataError(f"{corpus / LIST} has no column 'filename': get it again from {PLUGIN.url}")
        file = corpus / "audio" / row["filename"]
        if not file.is_file():
            raise DataError(f"{corpus / LIST} lists {file.name}, but there is no {file}")
        yield AudioFile(id=file.stem, path=file, domain="sound")


# No download: GitHub makes the archive anew for whoever asks, and nobody publishes a checksum of it.
PLUGIN = DatasetPlugin(
    name="esc50",
    title="ESC-50",
    summary="2,000 environmental recordings of 5 s in 50 classes, mono at 44.1 kHz (Piczak, 2015)",
    licence="CC BY-NC 3.0",
    open=partial(Corpus, "esc50", recordings),
    folders=("ESC-50-master", "ESC-50", "esc50"),
    holds=LIST,
    layout="<data root>/ESC-50-master/meta/esc50.csv and audio/*.wav (git clone)",
    url="https://github.com/karolpiczak/ESC-50",
)
