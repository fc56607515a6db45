"""Fetching large files: resumed where it broke off, checked against the published checksum, unpacked safely."""

from __future__ import annotations

import hashlib
import http.client
import logging
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from codecmark.core.errors import DataError

DOWNLOAD_TIMEOUT_SECONDS = 20.0
BLOCK_BYTES = 1 << 20
REPORT_BYTES = 100 << 20
"""A line is logged each time this much has arrived."""
CHECKSUMS = {32: "md5", 40: "sha1", 64: "sha256"}
"""What a checksum is, by the number of its hexadecimal digits: publishers differ in which one they give."""

log = logging.getLogger(__name__)


def fetch(url: str, target: Path, checksum: str | None) -> None:
    """Downloads to `target`, going on from `target.part` where an earlier attempt left one; a whole `target` is kept.

    Raises `DataError` when the place cannot be written, when the connection fails before the end (what has arrived is
    kept), or when the file is not the published one (then it is deleted), if its publisher gives a checksum.
    """
    if checksum is not None and target.is_file() and _digest(target, CHECKSUMS[len(checksum)]) == checksum:
        return
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError as error:
        raise DataError(
            f"cannot write to {target.parent}: {error.strerror}; choose another --data-root, or CODECMARK_HOME for all"
        ) from error
    try:
        while not _append(url, part):
            log.info("%s: the connection broke, going on", target.name)
    except (OSError, http.client.HTTPException) as error:
        raise DataError(f"cannot download {url}: {error}; {_advice(part)}") from error
    if checksum is not None and (found := _digest(part, CHECKSUMS[len(checksum)])) != checksum:
        part.unlink()
        raise DataError(f"{url} is not the published file (its checksum is {found}, not {checksum}): it is deleted")
    part.replace(target)


def _advice(part: Path) -> str:
    """What to do about a download that ended early; an empty part is deleted."""
    if size := part.stat().st_size:
        return f"{size} bytes are kept, the same command goes on from there"
    part.unlink()
    return f"fetch it by hand and put it at {part.with_suffix('')}"


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, partial(hashlib.new, kind, usedforsecurity=False)).hexdigest()


def _append(url: str, part: Path) -> bool:
    """One request for what `part` lacks; true when it is whole. Raises `OSError` when nothing came."""
    start = part.stat().st_size
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        answer = urllib.request.urlopen(request, timeout=DOWNLOAD_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing lies behind what we have: it is whole, or the checksum will tell
            return True
        raise
    with answer:
        if answer.status != 206:  # the server does not resume: this is the file from its beginning
            start = 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        with part.open("r+b") as file:
            file.truncate(start)
            file.seek(start)
            while block := answer.read(BLOCK_BYTES):
                file.write(block)
                _report(part, file.tell(), len(block), total)
            end = file.tell()
    if total is not None and end < total and end == start:
        raise OSError("the server sent nothing")
    return total is None or end >= total


def _report(part: Path, done: int, step: int, total: int | None) -> None:
    if done // REPORT_BYTES != (done - step) // REPORT_BYTES:
        of_all = f" of {total / 1e6:.0f}" if total else ""
        log.info("%s: %.0f%s MB", part.stem, done / 1e6, of_all)


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """A folder beside a tar or zip archive that holds its content, for as long as the block runs.

    Archives in the archive (one per speaker in AISHELL-1) are unpacked where they lie. Members of a tar that point
    outside of it, devices and the like are refused. Raises `DataError` for a broken archive.
    """
    folder = Path(tempfile.mkdtemp(dir=archive.parent, prefix=".unpack-"))
    try:
        _unpack(archive, folder)
        for inner in sorted(folder.rglob("*.tar.gz")):
            _unpack(inner, inner.parent)
            inner.unlink()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: Path, folder: Path) -> None:
    try:
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as content:
                content.extractall(folder)
        else:
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, OSError) as error:
        raise DataError(f"cannot unpack {archive}: {error}") from error
