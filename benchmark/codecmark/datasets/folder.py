"""Every audio file in a folder: `folder:PATH`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codecmark.core.errors import DataError
from codecmark.core.files import AudioFile, clips_of, read_text
from codecmark.core.items import Clip
from codecmark.core.plugins import DatasetPlugin
from codecmark.core.resources import Resources

SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".ogg"})


@dataclass(frozen=True, slots=True)
class Folder:
    """The audio files in a folder and the folders in it, sorted; hidden files aside.

    A clip's id is the file's path within the folder, its text a .txt file of the same stem beside it, its speaker
    the name of the folder the file is in, where that is not `path` itself. All are taken to be speech.
    """

    path: Path

    def clips(self) -> Sequence[Clip]:
        """Raises `DataError` when there is no such folder, no audio in it, or a transcript is not UTF-8 text."""
        if not self.path.is_dir():
            raise DataError(f"no such folder: {self.path}")
        files = sorted(file for file in self.path.rglob("*") if self._is_audio(file))
        if not files:
            raise DataError(f"no audio in folder {self.path}: expected {', '.join(sorted(SUFFIXES))} files")
        return clips_of(self._describe(file) for file in files)

    def _is_audio(self, file: Path) -> bool:
        hidden = any(part.startswith(".") for part in file.relative_to(self.path).parts)
        return file.suffix.lower() in SUFFIXES and not hidden and file.is_file()

    def _describe(self, file: Path) -> AudioFile:
        transcript = file.with_suffix(".txt")
        return AudioFile(
            id=file.relative_to(self.path).as_posix(),
            path=file,
            text=read_text(transcript).strip() or None if transcript.is_file() else None,
            speaker=file.parent.name if file.parent != self.path else None,
        )


def open_folder(argument: str, resources: Resources) -> Folder:
    return Folder(Path(argument).expanduser())


PLUGIN = DatasetPlugin(
    name="folder",
    title="Folder",
    summary="every audio file in a folder, with .txt transcripts beside them if there are any",
    licence="that of the files",
    open=open_folder,
    takes_path=True,
    layout="wav, flac, mp3 and ogg files, in folders named for the speaker if you like; NAME.txt beside NAME.wav",
)
