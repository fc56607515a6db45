"""LibriSpeech: a tree of the real layout is read, and an archive is downloaded from a server on this machine."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from codecmark.core import registry
from codecmark.core.errors import DataError, UnknownName
from codecmark.core.items import Clip
from codecmark.core.resources import Resources, home
from codecmark.datasets import librispeech

CHAPTERS = {
    "1089/134686": ["HE HOPED THERE WOULD BE STEW", "STUFF IT INTO YOU"],
    "61/70968": ["HE BEGAN A CONFUSED TALE"],
}


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of each test's own: what one downloads, no other finds."""
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "home"))


def tree(split: Path) -> None:
    """A split as its archive holds it, with half a second of noise for each utterance."""
    rng = np.random.default_rng(1)
    for chapter, texts in CHAPTERS.items():
        folder = split / chapter
        folder.mkdir(parents=True)
        stem = chapter.replace("/", "-")
        for number, _ in enumerate(texts):
            soundfile.write(folder / f"{stem}-{number:04}.flac", rng.uniform(-0.1, 0.1, 8000), 16000)
        lines = [f"{stem}-{number:04} {text}\n" for number, text in enumerate(texts)]
        (folder / f"{stem}.trans.txt").write_text("".join(lines), encoding="utf-8")


def clips(root: Path | None, split: str = "test-clean") -> list[Clip]:
    plugin, argument = registry.dataset(f"librispeech/{split}")
    return list(plugin.open(argument, Resources(data_root=root)).clips())


@pytest.mark.parametrize("place", ["LibriSpeech/test-clean", "librispeech/test-clean", "test-clean"])
def test_a_local_tree_is_read(place: str, tmp_path: Path) -> None:
    tree(tmp_path / place)
    found = clips(tmp_path)
    assert [clip.id for clip in found] == ["1089-134686-0000", "1089-134686-0001", "61-70968-0000"]
    assert [clip.speaker for clip in found] == ["1089", "1089", "61"]
    assert [clip.text for clip in found] == [text for texts in CHAPTERS.values() for text in texts]
    assert {(clip.language, clip.domain, clip.seconds) for clip in found} == {("en", "speech", 0.5)}
    assert found[0].audio().num_samples == 8000


def test_a_missing_split_says_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"LibriSpeech/dev-other .*'codecmark download librispeech/dev-other'"):
        clips(tmp_path, "dev-other")
    with pytest.raises(DataError, match="--data-root"):
        clips(None, "train-clean-360")
    with pytest.raises(UnknownName, match="did you mean librispeech/test-clean"):
        registry.dataset("librispeech/test-cleen")
    (tmp_path / "dev-clean").mkdir()
    with pytest.raises(DataError, match="holds no LibriSpeech"):
        clips(tmp_path, "dev-clean")


@pytest.mark.parametrize("lost", ["61/70968/61-70968-0000.flac", "61/70968/61-70968.trans.txt"])
def test_a_part_of_a_split_is_not_taken_for_all_of_it(lost: str, tmp_path: Path) -> None:
    tree(tmp_path / "test-clean")
    (tmp_path / "test-clean" / lost).unlink()
    if lost.endswith(".flac"):
        with pytest.raises(DataError, match=r"61/70968 lacks .* 61-70968-0000"):
            clips(tmp_path)
    else:
        with pytest.raises(DataError, match=r"61-70968\.trans\.txt: No such file"):
            clips(tmp_path)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Any) -> Any:
    tree(tmp_path / "source" / "LibriSpeech" / "test-clean")
    (tmp_path / "source" / "LibriSpeech" / "README.TXT").write_text("about", encoding="utf-8")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(tmp_path / "source" / "LibriSpeech", "LibriSpeech")
    state = serve(packed.getvalue())
    monkeypatch.setattr(librispeech, "BASE_URL", state.address)
    monkeypatch.setitem(librispeech.MD5, "test-clean", hashlib.md5(packed.getvalue()).hexdigest())
    return state


def test_a_download_is_unpacked_and_found(server: Any, tmp_path: Path) -> None:
    librispeech.download("test-clean", home() / "data")
    librispeech.download("test-clean", home() / "data")
    assert server.asked == [None]
    assert len(clips(None)) == 3
    assert sorted(file.name for file in (home() / "data").iterdir()) == ["LibriSpeech"]
    assert sorted(file.name for file in (home() / "data" / "LibriSpeech").iterdir()) == ["README.TXT", "test-clean"]


def test_a_broken_connection_is_resumed(server: Any, tmp_path: Path) -> None:
    server.cuts = 2
    librispeech.download("test-clean", tmp_path / "data")
    size = len(server.content)
    first = size // 3
    second = first + (size - first) // 3
    assert server.asked == [None, f"bytes={first}-", f"bytes={second}-"]
    assert len(clips(tmp_path / "data")) == 3


@pytest.mark.parametrize("ranges", [True, False])
def test_a_later_attempt_goes_on(server: Any, ranges: bool, tmp_path: Path) -> None:
    server.ranges = ranges
    (tmp_path / "test-clean.tar.gz.part").write_bytes(server.content[:1000])
    librispeech.download("test-clean", tmp_path)
    assert server.asked == ["bytes=1000-"]
    assert len(clips(tmp_path)) == 3


def test_a_whole_part_needs_no_more(server: Any, tmp_path: Path) -> None:
    (tmp_path / "test-clean.tar.gz.part").write_bytes(server.content)
    librispeech.download("test-clean", tmp_path)
    assert len(clips(tmp_path)) == 3


def test_a_wrong_file_is_refused_and_deleted(server: Any, tmp_path: Path) -> None:
    server.content = server.content[:-1] + b"!"
    with pytest.raises(DataError, match="not the published file"):
        librispeech.download("test-clean", tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_no_server_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(librispeech, "BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="cannot download http://127") as caught:
        librispeech.download("test-clean", tmp_path)
    assert "\n" not in str(caught.value)


def test_an_archive_that_leaves_its_folder_is_refused(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    server.content = packed.getvalue()
    monkeypatch.setitem(librispeech.MD5, "test-clean", hashlib.md5(server.content).hexdigest())
    with pytest.raises(DataError, match="cannot unpack"):
        librispeech.download("test-clean", tmp_path / "data")
    assert not (tmp_path / "outside").exists()
    assert not list((tmp_path / "data").glob(".unpack-*"))
