"""The files a JSONL manifest lists: `manifest:PATH`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codecmark.core.files import clips_of, read_manifest
from codecmark.core.items import Clip
from codecmark.core.plugins import DatasetPlugin
from codecmark.core.resources import Resources


@dataclass(frozen=True, slots=True)
class Manifest:
    """The clips of a manifest, in its order; `read_manifest` says what a line holds."""

    path: Path

    def clips(self) -> Sequence[Clip]:
        return clips_of(read_manifest(self.path))


def open_manifest(argument: str, resources: Resources) -> Manifest:
    return Manifest(Path(argument).expanduser())


PLUGIN = DatasetPlugin(
    name="manifest",
    title="Manifest",
    summary="audio files listed in a JSONL file, with transcripts and speakers",
    licence="that of the files",
    open=open_manifest,
    takes_path=True,
    layout="one JSON object a line: path (from the manifest's folder) and, if known, id, text, speaker, language, "
    "kind (speech, music, sound, codec_output, lm_output), sha256",
)
