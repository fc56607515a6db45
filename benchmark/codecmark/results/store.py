"""The store of a run: a folder of immutable record files beside run.json. Whatever is in it is complete.

RUN/run.json                      the run card
RUN/records/*.parquet             one file per shard and setting, written whole or not at all
RUN/audio/TASK/SETTING/CLIP.flac  decoded audio where it is kept; under `reference` what went in
RUN/.lock                         held by the process that is filling the folder
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from codecmark.core.errors import StoreError
from codecmark.results.card import RunCard
from codecmark.results.records import RECORDS_SCHEMA, SCHEMA, Record, to_arrow

REFERENCE = "reference"
"""Stands for a setting in the paths of kept audio: what went in, at the evaluation rate."""
IDENTITY = ["task", "setting", "clip", "metric"]


class Store:
    """A run folder. Any number may read it; one process at a time holds `locked()` and writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def existing(cls, folder: Path) -> Store:
        """The store in a folder that a run has filled. Raises `StoreError` when there is none."""
        if not (folder / "run.json").is_file():
            raise StoreError(f"{folder} is not a run folder (no run.json): name the --out folder of 'codecmark run'")
        return cls(folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Makes the folder and keeps every other writer out. Raises `StoreError` when that cannot be."""
        try:
            (self.folder / "records").mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise StoreError(f"another run is writing to {self.folder}: wait for it, or choose another --out") from None
        except OSError as error:
            raise StoreError(f"cannot write to {self.folder}: {_why(error)}; choose another --out") from error
        try:
            yield
        finally:
            lock.release()

    def card(self) -> RunCard:
        """The run card; an empty one where there is none yet."""
        path = self.folder / "run.json"
        return RunCard.from_json(path.read_text(encoding="utf-8"), path) if path.is_file() else RunCard()

    def write_card(self, card: RunCard) -> None:
        self._write(self.folder / "run.json", card.to_json().encode())

    def append(self, records: list[Record]) -> None:
        """Puts the records on disk as one new file, whole or not at all. Raises `StoreError` when it cannot."""
        if not records:
            return
        buffer = pa.BufferOutputStream()
        pq.write_table(to_arrow(records), buffer, compression="zstd", write_page_checksum=True)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.parquet"
        self._write(self.folder / "records" / name, buffer.getvalue().to_pybytes())

    def audio_path(self, task: str, setting: str, clip: str) -> Path:
        """Where the decoded audio of a clip is kept; that of the reference under `REFERENCE`."""
        return self.folder / "audio" / task / setting / f"{clip.replace('/', '_')}.flac"

    def table(self) -> pa.Table:
        """Every row ever written, in the order of writing. Raises `StoreError` naming a damaged file."""
        tables = [self._read(path) for path in sorted((self.folder / "records").glob("*.parquet"))]
        return pa.concat_tables(tables) if tables else SCHEMA.empty_table()

    def latest(self) -> pd.DataFrame:
        """The rows in force: for each (task, setting, clip, metric) the one of the latest attempt."""
        frame: pd.DataFrame = self.table().to_pandas()
        frame = frame.sort_values("attempt", kind="stable").drop_duplicates(IDENTITY, keep="last")
        return frame.sort_values(IDENTITY, ignore_index=True)

    def _read(self, path: Path) -> pa.Table:
        try:
            table = pq.ParquetFile(path, page_checksum_verification=True).read()
        except (OSError, pa.ArrowInvalid) as error:
            raise StoreError(f"{path} is damaged: delete it and run again to measure its rows anew") from error
        found = (table.schema.metadata or {}).get(b"codecmark_schema", b"?").decode()
        if found != str(RECORDS_SCHEMA):
            raise StoreError(f"{path} has schema {found}, this codecmark reads {RECORDS_SCHEMA}: update codecmark")
        return table

    def _write(self, path: Path, content: bytes) -> None:
        part = path.with_name(f".{path.name}.part")
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise StoreError(
                f"cannot write {path}: {_why(error)}; what is measured so far is kept, run the same command again"
            ) from error


def _why(error: OSError) -> str:
    return error.strerror or str(error)
