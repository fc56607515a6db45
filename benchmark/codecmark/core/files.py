"""From files on disk to clips: audio files, and the JSONL manifests that list them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError, DataError
from codecmark.core.items import Clip, Domain
from codecmark.core.resources import file_sha256

KINDS: dict[str, Domain] = {
    **{domain: domain for domain in get_args(Domain)},
    "codec_output": "speech",
    "lm_output": "speech",
}
"""What a manifest may say a file is, and the domain that makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFile:
    """What a corpus knows of an audio file before it is opened. `sha256` is the one the corpus states, if it does;
    `excerpt` are start and length in seconds, where only a part of the file is meant."""

    id: str
    path: Path
    sha256: str | None = None
    excerpt: tuple[float, float] | None = None
    text: str | None = None
    speaker: str | None = None
    language: str | None = None
    domain: Domain = "speech"


def clips_of(files: Iterable[AudioFile]) -> list[Clip]:
    """A clip for each file or excerpt, in order; every file is hashed once, several at a time.

    A file that is damaged, or not the one its corpus states, is listed all the same: only its `load` fails.
    Raises `DataError` for a file that cannot be opened at all.
    """
    listed = list(files)
    paths = list(dict.fromkeys(file.path for file in listed))
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        hashes = dict(zip(paths, pool.map(_hash, paths), strict=True))
        return list(pool.map(lambda file: _clip(file, hashes[file.path]), listed))


def _hash(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise DataError(f"cannot read audio {path}: {error.strerror}") from error


def _clip(file: AudioFile, sha256: str) -> Clip:
    if file.excerpt is not None:
        start, seconds = file.excerpt
        load = partial(Audio.read, file.path, start, seconds)
        sha256 = hashlib.sha256(f"{sha256} {float(start)} {float(seconds)}".encode()).hexdigest()
    else:
        load = partial(read_stated, file.path, file.sha256) if file.sha256 else partial(Audio.read, file.path)
        seconds = header_seconds(file.path)
    return Clip(
        id=file.id,
        load=load,
        seconds=seconds,
        sha256=sha256,
        text=file.text,
        speaker=file.speaker,
        language=file.language,
        domain=file.domain,
    )


def header_seconds(path: Path) -> float:
    """The length of an audio file by its header, 0 where there is none to read."""
    import soundfile  # here, so that listing datasets does not pay for loading libsndfile

    try:
        return float(soundfile.info(str(path)).duration)
    except (soundfile.SoundFileError, OSError):
        return 0.0


def read_stated(path: Path, sha256: str) -> Audio:
    """Reads the file a corpus states. Raises `ClipError` when its sha256 is another one, else as `Audio.read`."""
    if path.exists() and file_sha256(path) != sha256.lower():
        raise ClipError("wrong_sha256", f"{path} is not the file its manifest states: its sha256 is another one")
    return Audio.read(path)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark. Raises `DataError` naming it when it cannot."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"cannot read {path}: it is not UTF-8 text") from error


def read_manifest(manifest: Path) -> list[AudioFile]:
    """The files a JSONL manifest lists, one object a line, blank lines aside.

    Fields: `path` (from the manifest's folder; or `audio_filepath`), `id` (else the file's stem), `text`, `speaker`,
    `language`, `sha256`, `kind` (one of `KINDS`); any other field is ignored. Raises `DataError` naming file and line
    for a line that is not such an object, an id that came before, and an audio file that does not exist.
    """
    if manifest.is_dir():
        raise DataError(f"{manifest} is a folder: name the JSONL file in it, or use folder:{manifest}")
    seen: dict[str, int] = {}
    files = []
    for number, line in enumerate(read_text(manifest).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            file = _row(line, manifest.parent)
            if file.id in seen:
                raise DataError(f"id '{file.id}' was taken on line {seen[file.id]}: ids must be unique")
        except DataError as error:
            raise DataError(f"{manifest}, line {number}: {error}") from error
        seen[file.id] = number
        files.append(file)
    if not files:
        raise DataError(f"manifest {manifest} lists no files")
    return files


def _row(line: str, folder: Path) -> AudioFile:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"not JSON: {error.msg} at column {error.colno}") from error
    if not isinstance(row, dict):
        raise DataError("not a JSON object")
    place = _text(row, "path") or _text(row, "audio_filepath")
    if place is None:
        raise DataError("no 'path' (or 'audio_filepath') of an audio file")
    if row.get("offset"):
        raise DataError("'offset' is not supported: cut the excerpt into a file of its own")
    if not (folder / place).is_file():
        raise DataError(f"no such audio file: {folder / place}")
    kind = _text(row, "kind") or "speech"
    if kind not in KINDS:
        raise DataError(f"unknown kind '{kind}': expected one of {', '.join(KINDS)}")
    return AudioFile(
        id=_text(row, "id") or Path(place).stem,
        path=folder / place,
        sha256=_text(row, "sha256"),
        text=_text(row, "text"),
        speaker=_text(row, "speaker"),
        language=_text(row, "language"),
        domain=KINDS[kind],
    )


def _text(row: Mapping[str, Any], field: str) -> str | None:
    """A field's text; a number counts as text (speakers are often numbers), an empty one as missing."""
    value = row.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise DataError(f"'{field}' is not text")
    return str(value)
