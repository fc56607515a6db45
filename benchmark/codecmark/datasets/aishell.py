"""AISHELL-1 (Bu et al., O-COCOSDA 2017), read from a local tree: `aishell/SPLIT`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from codecmark.core.corpora import Corpus
from codecmark.core.files import AudioFile, read_text
from codecmark.core.plugins import Archive, DatasetPlugin


def utterances(corpus: Path, split: str) -> Iterator[AudioFile]:
    """WAV files of 16 kHz, sorted by path. The spaces that transcripts have between words are left out.

    A few utterances of the corpus have no transcript.
    """
    lines = read_text(corpus / "transcript" / "aishell_transcript_v0.8.txt").splitlines()
    said = {name: "".join(words) for name, *words in map(str.split, filter(str.strip, lines)) if words}
    for file in sorted((corpus / "wav" / split).glob("*/*.wav")):
        yield AudioFile(id=file.stem, path=file, text=said.get(file.stem), speaker=file.parent.name, language="zh")


PLUGIN = DatasetPlugin(
    name="aishell",
    title="AISHELL-1",
    summary="read Mandarin sentences at 16 kHz with transcripts (Bu et al., 2017)",
    licence="Apache-2.0",
    open=partial(Corpus, "aishell", utterances),
    splits=("dev", "test", "train"),
    folders=("data_aishell", "aishell/data_aishell", "aishell"),
    holds="wav/{split}",
    layout="<data root>/data_aishell/wav/SPLIT/SPEAKER/*.wav and transcript/aishell_transcript_v0.8.txt",
    url="https://www.openslr.org/33",
    archives=dict.fromkeys(
        ("dev", "test", "train"),
        Archive(
            url="https://www.openslr.org/resources/33/data_aishell.tgz",
            checksum="2f494334227864a8a8fec932999db9d8",
            size=15582913665,
        ),
    ),
)
