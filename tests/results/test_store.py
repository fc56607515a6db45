"""The store: what is in it is complete, and what is wrong with it is said by file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecmark.core.errors import StoreError
from codecmark.results.records import Record, Status, to_arrow
from codecmark.results.store import Store

ROW = Record(task="t", setting="s/1", clip="c", metric="m", status=Status.OK, value=1.0, output_key="o", metric_key="k")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "run")
    with store.locked():
        store.append([ROW])
    return store


def files(store: Store) -> list[Path]:
    return sorted((store.folder / "records").iterdir())


def test_rows_come_back_as_they_went_in(store: Store) -> None:
    assert store.table().to_pylist() == to_arrow([ROW]).to_pylist()
    assert store.table().to_pylist()[0]["status"] == "ok"


def test_a_disk_that_fills_up_leaves_what_was_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="No space left on device; what is measured so far is kept"):
        store.append([ROW])
    assert len(files(store)) == 1
    assert store.table().num_rows == 1


def test_a_file_half_written_when_the_power_went_is_not_read(store: Store) -> None:
    (whole,) = files(store)
    whole.with_name(f".{whole.name}.part").write_bytes(whole.read_bytes()[:50])
    assert store.table().num_rows == 1


def test_nothing_is_written_for_no_rows(store: Store) -> None:
    store.append([])
    assert len(files(store)) == 1


@pytest.mark.parametrize("keep", [0, 3, 100, -1])
def test_a_damaged_file_is_named(store: Store, keep: int) -> None:
    (path,) = files(store)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StoreError, match=f"{path.name} is damaged: delete it and run again"):
        store.table()


def test_records_of_a_newer_schema_are_refused_by_name(store: Store) -> None:
    newer = pa.table({"task": ["t"]}).replace_schema_metadata({"codecmark_schema": "99"})
    path = store.folder / "records" / "99999999999999999999-0.parquet"
    pq.write_table(newer, path)
    with pytest.raises(StoreError, match=f"{path.name} has schema 99.*update codecmark"):
        store.table()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema": 99}', "run.json has schema 99, this codecmark reads 1: update codecmark"),
        ('{"schema": 1, "tasks": ', "run.json is damaged"),
        ("[]", "run.json is damaged"),
    ],
)
def test_a_card_that_cannot_be_read_is_named(store: Store, text: str, message: str) -> None:
    (store.folder / "run.json").write_text(text)
    with pytest.raises(StoreError, match=message):
        store.card()


def test_a_second_process_is_refused_while_one_writes(store: Store) -> None:
    code = (
        "import sys; from pathlib import Path; from codecmark.results.store import Store\n"
        "with Store(Path(sys.argv[1])).locked(): pass"
    )
    command = [sys.executable, "-c", code, str(store.folder)]
    with store.locked():
        refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode != 0
    assert f"another run is writing to {store.folder}: wait for it, or choose another --out" in refused.stderr
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_a_place_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write to .*file/run"), Store(tmp_path / "file" / "run").locked():
        pass


def test_a_folder_without_a_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a run folder"):
        Store.existing(tmp_path)


def test_an_empty_run_has_no_rows(tmp_path: Path) -> None:
    assert Store(tmp_path).table().num_rows == 0
    assert Store(tmp_path).latest().empty


def test_the_latest_attempt_is_in_force(run: Any) -> None:
    a, m = run.setting("codec"), run.metric("m")
    for attempt, value in ((1, 1.0), (3, 3.0), (2, 2.0)):
        run.answer(a, m, "a", value, attempt=attempt)
    run.answer(a, m, "b", 5.0)
    latest = Store.existing(run.write()).latest()
    assert latest[["clip", "value"]].to_numpy().tolist() == [["a", 3.0], ["b", 5.0]]
