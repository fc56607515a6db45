"""The evaluation segments of AudioSet (Gemmeke et al., ICASSP 2017) that a local tree has: `audioset/eval`."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from codecmark.core.corpora import Corpus
from codecmark.core.errors import DataError
from codecmark.core.files import AudioFile, read_text
from codecmark.core.plugins import DatasetPlugin

LIST = "eval_segments.csv"
SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".ogg"})
PLACES = [f"{above}{name}" for above in ("", "audio/", "audios/") for name in ("eval", "eval_segments")]
"""Folders in which the usual downloaders put the audio."""
ID_LENGTH = 11

log = logging.getLogger(__name__)


def segments(corpus: Path, split: str) -> Iterator[AudioFile]:
    """The segments of 10 s whose audio is here, in the order of the list, by the id of their video.

    Says how many are missing: videos go away, so that hardly anyone has all. Raises `DataError` for a list without
    ids.
    """
    ids = _ids(corpus / LIST)
    here = _files(corpus, frozenset(ids))
    found = [AudioFile(id=name, path=here[name], domain="sound") for name in ids if name in here]
    if len(found) < len(ids):
        log.warning(
            "audioset/%s: %d of %d segments are here, %d missing", split, len(found), len(ids), len(ids) - len(found)
        )
    yield from found


def _ids(segment_list: Path) -> list[str]:
    lines = [line for line in read_text(segment_list).splitlines() if not line.startswith("#")]
    ids = [row[0] for row in csv.reader(lines, skipinitialspace=True) if row]
    if not all(len(name) == ID_LENGTH for name in ids):
        raise DataError(f"{segment_list} is no list of AudioSet segments: each line begins with the id of a video")
    return ids


def _files(corpus: Path, ids: frozenset[str]) -> dict[str, Path]:
    """Audio by the id its name begins with, be it plain, after a `Y`, or with the place in the video behind it."""
    files = [file for place in PLACES for file in (corpus / place).rglob("*") if file.suffix.lower() in SUFFIXES]
    found = {}
    for file in sorted(files, reverse=True):
        names = (file.stem[:ID_LENGTH], file.stem[1 : ID_LENGTH + 1] if file.stem.startswith("Y") else "")
        if name := next((name for name in names if name in ids), None):
            found[name] = file
    return found


# No download: the audio is YouTube's, and only the list of segments is published.
PLUGIN = DatasetPlugin(
    name="audioset",
    title="AudioSet eval",
    summary="10 s of videos in 527 classes of sound, speech and music among them (Gemmeke et al., 2017)",
    licence="list CC BY 4.0; audio of the videos' makers",
    open=partial(Corpus, "audioset", segments),
    splits=("eval",),
    folders=("AudioSet", "audioset"),
    holds=LIST,
    layout="<data root>/AudioSet/eval_segments.csv and eval/VIDEO.wav, .flac or .mp3 "
    "(or in audio/eval, audios/eval_segments)",
    url="https://research.google.com/audioset/download.html",
)
