"""MUSDB18-HQ (Rafii et al., 2019), its mixtures, read from a local tree: `musdb/SPLIT`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from codecmark.core.corpora import Corpus
from codecmark.core.files import AudioFile, header_seconds
from codecmark.core.plugins import Archive, DatasetPlugin

EXCERPT_SECONDS = 10


def excerpts(corpus: Path, split: str) -> Iterator[AudioFile]:
    """Each track's mixture (stereo, 44.1 kHz), sorted by track, in excerpts of 10 s one after the other, called
    TRACK_START-END in seconds; what is left at a track's end is left out. A track that cannot be read is one clip."""
    for mixture in sorted((corpus / split).glob("*/mixture.wav")):
        track = mixture.parent.name
        count = int(header_seconds(mixture) // EXCERPT_SECONDS)
        if count == 0:
            yield AudioFile(id=track, path=mixture, domain="music")
        for start in range(0, count * EXCERPT_SECONDS, EXCERPT_SECONDS):
            yield AudioFile(
                id=f"{track}_{start:03d}-{start + EXCERPT_SECONDS:03d}",
                path=mixture,
                excerpt=(start, EXCERPT_SECONDS),
                domain="music",
            )


PLUGIN = DatasetPlugin(
    name="musdb",
    title="MUSDB18-HQ",
    summary="whole tracks of pop and rock, mixed, stereo at 44.1 kHz, in excerpts of 10 s (Rafii et al., 2019)",
    licence="for education and research only; most tracks CC BY-NC-SA",
    open=partial(Corpus, "musdb", excerpts),
    splits=("test", "train"),
    folders=("musdb18hq", "MUSDB18-HQ", "musdb"),
    holds="{split}",
    layout="<data root>/musdb18hq/SPLIT/TRACK/mixture.wav",
    url="https://zenodo.org/records/3338373",
    archives=dict.fromkeys(
        ("test", "train"),
        Archive(
            url="https://zenodo.org/records/3338373/files/musdb18hq.zip",
            checksum="12d4f2ecd55245a4688754dd76363103",
            size=22656664047,
        ),
    ),
)
