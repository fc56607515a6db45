"""The Free Music Archive, small subset (Defferrard et al., ISMIR 2017), read from a local tree: `fma/small`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from codecmark.core.corpora import Corpus
from codecmark.core.files import AudioFile
from codecmark.core.plugins import Archive, DatasetPlugin

WITHOUT_AUDIO = frozenset({"099134", "108925", "133297"})
"""Files of the published archive that hold no audio (github.com/mdeff/fma, issue 44)."""


def tracks(corpus: Path, split: str) -> Iterator[AudioFile]:
    """MP3 excerpts of 30 s, mostly stereo at 44.1 kHz, sorted by the number of the track, which is their id."""
    for file in sorted(corpus.glob("[0-9][0-9][0-9]/*.mp3")):
        if file.stem not in WITHOUT_AUDIO:
            yield AudioFile(id=file.stem, path=file, domain="music")


PLUGIN = DatasetPlugin(
    name="fma",
    title="FMA small",
    summary="30 s of 8,000 tracks in eight genres from the Free Music Archive, as MP3 (Defferrard et al., 2017)",
    licence="Creative Commons, each track its own",
    open=partial(Corpus, "fma", tracks),
    splits=("small",),
    folders=("fma_small", "fma"),
    holds="000",
    layout="<data root>/fma_small/NNN/NNNNNN.mp3",
    url="https://github.com/mdeff/fma",
    archives=dict.fromkeys(
        ("small",),
        Archive(
            url="https://os.unil.cloud.switch.ch/fma/fma_small.zip",
            checksum="ade154f733639d52e35e32f5593efe5be76c6d70",
            size=7679594875,
        ),
    ),
)
