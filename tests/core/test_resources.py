"""Where weights are found, that they are the pinned ones, and how they are fetched."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codecmark import Resources, Weights, WeightsFile
from codecmark.core.errors import WeightsError, WeightsMissing
from codecmark.core.resources import file_sha256, home
from codecmark.core.settings import WeightsState

CONTENT = b"seventeen letters"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def weights(url: str | None = None, sha256: str | None = SHA256, size: int | None = len(CONTENT)) -> Weights:
    return Weights(name="toy", files=(WeightsFile(name="toy.bin", url=url, sha256=sha256, size=size),), source="here")


@pytest.fixture(autouse=True)
def home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("place", ["root/toy", "root", "home/weights/toy"])
def test_where_they_may_be(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "toy.bin").write_bytes(CONTENT)
    resources = Resources(weights_root=tmp_path / "root")
    assert resources.state(weights()) is WeightsState.AVAILABLE
    assert resources.weights_folder(weights()) == tmp_path / place
    assert resources.fingerprint(weights()) == hashlib.sha256(SHA256.encode()).hexdigest()[:16]


def test_models_of_one_archive_share_its_folder(tmp_path: Path) -> None:
    whole = replace(weights(), folder="archive/models")
    with pytest.raises(
        WeightsMissing, match=r"codecmark download toy' or put toy\.bin into <weights root>/archive/models"
    ):
        Resources(weights_root=tmp_path).weights_folder(whole)
    (tmp_path / "archive/models").mkdir(parents=True)
    (tmp_path / "archive/models/toy.bin").write_bytes(CONTENT)
    assert Resources(weights_root=tmp_path).weights_folder(whole) == tmp_path / "archive/models"


def test_where_there_are_none(tmp_path: Path) -> None:
    assert Resources().state(None) is WeightsState.NONE
    assert Resources().state(weights()) is WeightsState.MISSING
    assert Resources(random_weights=True).state(weights()) is WeightsState.RANDOM
    assert [Resources().fingerprint(one) for one in (None, weights())] == ["none", "missing"]
    with pytest.raises(WeightsMissing, match=r"run 'codecmark download toy' or put toy\.bin into <weights root>/toy"):
        Resources().weights_folder(weights())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CONTENT[:-1], "has 16 bytes, not 17: delete it"),
        (CONTENT[::-1], r"not the pinned one \(wrong sha256\): delete"),
    ],
)
def test_others_than_the_pinned_ones(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "toy.bin").write_bytes(content)
    with pytest.raises(WeightsError, match=rf"weights file {tmp_path / 'toy.bin'} .*{message}"):
        Resources(weights_root=tmp_path).weights_folder(weights())
    assert Resources(weights_root=tmp_path).weights_folder(weights(sha256=None, size=None)) == tmp_path


def test_a_hash_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    assert file_sha256(path) == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"three")
    assert file_sha256(path) == hashlib.sha256(b"three").hexdigest()


def test_fetched_once_and_checked(tmp_path: Path) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(CONTENT)
    folder = Resources().download(weights(source.as_uri()))
    assert folder == home() / "weights" / "toy"
    assert [path.name for path in folder.iterdir()] == ["toy.bin"]
    source.unlink()
    assert Resources().download(weights(source.as_uri())) == folder


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT[::-1]])
def test_what_is_fetched_and_is_not_the_pinned_one_is_not_kept(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(content)
    with pytest.raises(WeightsError):
        Resources().download(weights(source.as_uri()))
    assert list((home() / "weights" / "toy").iterdir()) == []


def test_what_cannot_be_fetched_says_where_it_belongs(tmp_path: Path) -> None:
    target = home() / "weights" / "toy" / "toy.bin"
    for url in ((tmp_path / "gone").as_uri(), None):
        with pytest.raises(WeightsMissing, match=f"put it at {target}"):
            Resources().download(weights(url))
    assert list((home() / "weights" / "toy").iterdir()) == []


def test_a_download_that_was_cut_goes_on(serve: Any) -> None:
    server = serve(CONTENT)
    server.cuts = 1
    (home() / "weights" / "toy").mkdir(parents=True)
    (home() / "weights" / "toy" / "toy.bin.part").write_bytes(CONTENT[:2])
    folder = Resources().download(weights(f"{server.address}/toy.bin"))
    assert server.asked == ["bytes=2-", "bytes=7-"]  # a third of the 15 that were missing came first
    assert [path.read_bytes() for path in folder.iterdir()] == [CONTENT]


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "file"))
    with pytest.raises(WeightsMissing, match=r"cannot write to .*; choose another .*CODECMARK_HOME"):
        Resources().download(weights("file:///nowhere"))
