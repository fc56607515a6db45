"""LibriTTS (Zen et al., Interspeech 2019), read from a local tree: `libritts/SPLIT`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from codecmark.core.corpora import Corpus
from codecmark.core.files import AudioFile, read_text
from codecmark.core.plugins import Archive, DatasetPlugin

BASE_URL = "https://www.openslr.org/resources/60"
SPLITS = {
    "dev-clean": ("0c3076c1e5245bb3f0af7d82087ee207", 1291469655),
    "dev-other": ("815555d8d75995782ac3ccd7f047213d", 924804676),
    "test-clean": ("7bed3bdb047c4c197f1ad3bc412db59f", 1230670113),
    "test-other": ("ae3258249472a13b5abef2a816f733e4", 964502297),
    "train-clean-100": ("4a8c202b78fe1bc0c47916a98f3a2ea8", 7723686890),
    "train-clean-360": ("a84ef10ddade5fd25df69596a2767b2d", 27504073644),
    "train-other-500": ("7b181dd5ace343a5f38427999684aa6f", 44565031479),
}
"""The splits, with the MD5 and the bytes of each one's archive."""


def utterances(corpus: Path, split: str) -> Iterator[AudioFile]:
    """WAV files of 24 kHz, sorted by path, each with its normalised transcript beside it (numbers are in words).

    Hidden files, which some archives hold from the Mac they were packed on, are no utterances.
    """
    for file in sorted((corpus / split).glob("*/*/[!.]*.wav")):
        yield AudioFile(
            id=file.stem,
            path=file,
            text=read_text(file.with_suffix(".normalized.txt")).strip(),
            speaker=file.parents[1].name,
            language="en",
        )


PLUGIN = DatasetPlugin(
    name="libritts",
    title="LibriTTS",
    summary="LibriSpeech's audiobooks at 24 kHz, cut at sentences, with transcripts as written (Zen et al., 2019)",
    licence="CC BY 4.0",
    open=partial(Corpus, "libritts", utterances),
    splits=tuple(SPLITS),
    folders=("LibriTTS", "libritts"),
    holds="{split}",
    layout="<data root>/LibriTTS/SPLIT/SPEAKER/CHAPTER/*.wav with *.normalized.txt",
    url="https://www.openslr.org/60",
    archives={
        split: Archive(url=f"{BASE_URL}/{split}.tar.gz", checksum=checksum, size=size)
        for split, (checksum, size) in SPLITS.items()
    },
)
