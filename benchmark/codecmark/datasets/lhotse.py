"""The utterances of a manifest that Lhotse (Żelasko et al., 2021) wrote: `lhotse:PATH`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codecmark.core.errors import DataError
from codecmark.core.extras import require
from codecmark.core.files import AudioFile, clips_of
from codecmark.core.items import Clip
from codecmark.core.plugins import DatasetPlugin
from codecmark.core.resources import Resources

UNREADABLE = (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError)
"""What reading a manifest raises when it is none."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The cuts of a manifest; or its recordings with the supervisions in the manifest that is called likewise.

    Each supervision is a clip, by its id; a recording without any is one as a whole.
    """

    path: Path

    def clips(self) -> Sequence[Clip]:
        """Raises `DataError` for a manifest that cannot be read, and for cuts that are not plain parts of files."""
        files = [_file(cut) for cut in _cuts(self.path)]
        if not files:
            raise DataError(f"{self.path} holds no recordings")
        if len({file.id for file in files}) < len(files):
            raise DataError(f"{self.path}: two clips have one id, ids must be unique")
        return clips_of(files)


def _cuts(path: Path) -> Iterator[Any]:
    from lhotse import CutSet, RecordingSet

    manifest = _read(path)
    if isinstance(manifest, RecordingSet):
        beside = path.with_name(path.name.replace("recordings", "supervisions"))
        supervisions = _read(beside) if beside != path and beside.is_file() else None
        manifest = CutSet.from_manifests(recordings=manifest, supervisions=supervisions)
    if not isinstance(manifest, CutSet):
        raise DataError(f"{path} is no manifest of recordings or cuts: name the one with 'recordings' in its name")
    for cut in manifest:
        yield from cut.trim_to_supervisions(keep_overlapping=False) if cut.supervisions else [cut]


def _read(path: Path) -> Any:
    from lhotse import load_manifest

    try:
        return load_manifest(path)
    except UNREADABLE as error:
        raise DataError(f"cannot read {path} as a manifest of Lhotse: {' '.join(str(error).split())}") from error


def _file(cut: Any) -> AudioFile:
    if not _is_plain(cut):
        raise DataError(f"cut '{cut.id}' is not a plain part of one file: write such cuts out first (save_audios)")
    recording = cut.recording
    said = cut.supervisions[0] if cut.supervisions else None
    return AudioFile(
        id=said.id if said else recording.id,
        path=Path(recording.sources[0].source),
        excerpt=None if cut.duration == recording.duration else (cut.start, cut.duration),
        text=said.text if said else None,
        speaker=said.speaker if said else None,
        language=said.language if said else None,
    )


def _is_plain(cut: Any) -> bool:
    """Whether a cut is a stretch of one file with all its channels, unchanged; a mixed cut has no recording."""
    if not getattr(cut, "has_recording", False) or not hasattr(cut, "recording"):
        return False
    recording = cut.recording
    kinds = [source.type for source in recording.sources]
    return kinds == ["file"] and not recording.transforms and cut.num_channels == recording.num_channels


def open_lhotse(argument: str, resources: Resources) -> Manifest:
    """Raises `WeightsMissing` where Lhotse is not installed."""
    require("data", "lhotse")
    return Manifest(Path(argument).expanduser())


PLUGIN = DatasetPlugin(
    name="lhotse",
    title="Lhotse",
    summary="speech corpora prepared by one of Lhotse's recipes ('lhotse prepare ...'), or cuts of them",
    licence="that of the files",
    open=open_lhotse,
    takes_path=True,
    layout="NAME_recordings_SPLIT.jsonl.gz with NAME_supervisions_SPLIT.jsonl.gz beside it, or a manifest of cuts",
    url="https://github.com/lhotse-speech/lhotse",
)
