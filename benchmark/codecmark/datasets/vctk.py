"""VCTK 0.92 (Yamagishi, Veaux, MacDonald, 2019), first microphone, read from a local tree: `vctk/SPLIT`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from codecmark.core.corpora import Corpus
from codecmark.core.files import AudioFile, read_text
from codecmark.core.plugins import Archive, DatasetPlugin

AUDIO = "wav48_silence_trimmed"
HELD_OUT = ("p232", "p257")
"""VCTK has no split of its own. These two are the test speakers of VoiceBank-DEMAND (Valentini-Botinhao et al., 2016),
whose clean speech is VCTK's; AudioDec's VCTK models left them out. Who trained on all of VCTK has heard them."""


def utterances(corpus: Path, split: str) -> Iterator[AudioFile]:
    """FLAC files of 48 kHz as published, sorted by path: of the speakers held out (`test`), or of `all`.

    A few utterances have no transcript (all of p315), and some no recording by the first microphone.
    """
    speakers = HELD_OUT if split == "test" else sorted(path.name for path in (corpus / AUDIO).glob("*/"))
    for speaker in speakers:
        for file in sorted((corpus / AUDIO / speaker).glob("*_mic1.flac")):
            name = file.stem.removesuffix("_mic1")
            said = corpus / "txt" / speaker / f"{name}.txt"
            text = read_text(said).strip() if said.is_file() else None
            yield AudioFile(id=name, path=file, text=text, speaker=speaker, language="en")


PLUGIN = DatasetPlugin(
    name="vctk",
    title="VCTK",
    summary="newspaper sentences read at 48 kHz by 110 speakers of English, with transcripts (version 0.92)",
    licence="CC BY 4.0",
    open=partial(Corpus, "vctk", utterances),
    splits=("test", "all"),
    folders=("VCTK-Corpus-0.92", "vctk"),
    holds=AUDIO,
    layout=f"<data root>/VCTK-Corpus-0.92/{AUDIO}/SPEAKER/*_mic1.flac and txt/SPEAKER/*.txt; "
    f"test: {' and '.join(HELD_OUT)}",
    url="https://datashare.ed.ac.uk/handle/10283/3443",
    archives=dict.fromkeys(
        ("test", "all"),
        Archive(
            url="https://datashare.ed.ac.uk/bitstream/handle/10283/3443/VCTK-Corpus-0.92.zip",
            checksum="8a6ba2946b36fcbef0212cad601f4bfa",
            size=11747302977,
        ),
    ),
)
