"""Corpora are downloaded from this machine, packed as their publishers pack them, and found afterwards."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codecmark.core import corpora, registry
from codecmark.core.errors import DataError
from codecmark.core.plugins import Archive, DatasetPlugin
from codecmark.core.resources import home

NAMES = ("1089-134686-0000", "1089-134686-0001", "61-70968-0000")
PART = "librispeech-test-clean.tar.gz.part"


def served(name: str, url: str, checksum: str) -> DatasetPlugin:
    """A corpus whose archive is at another address."""
    plugin, split = registry.dataset(name)
    return replace(plugin, archives={split: Archive(url=url, checksum=checksum, size=1)})


def packed(folder: Path) -> bytes:
    """What a folder holds, as a tar.gz."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for entry in sorted(folder.iterdir()):
            tar.add(entry, entry.name)
    return content.getvalue()


@pytest.fixture
def server(serve: Any, lay: Any, voice: Any, tmp_path: Path) -> Any:
    lay["librispeech"](tmp_path / "source", {name: (voice(0.1), "text") for name in NAMES})
    return serve(packed(tmp_path / "source"))


@pytest.fixture
def published(server: Any) -> DatasetPlugin:
    """LibriSpeech, as it is before a test changes what is served."""
    checksum = hashlib.md5(server.content).hexdigest()
    return served("librispeech/test-clean", f"{server.address}/test-clean.tar.gz", checksum)


def ids(clips: Sequence[Any]) -> list[str]:
    return [clip.id for clip in clips]


def test_a_download_is_unpacked_and_found(server: Any, published: DatasetPlugin, clips: Any) -> None:
    for _ in range(2):
        corpora.download(published, "test-clean", home() / "data")
    assert server.asked == [None]
    assert ids(clips("librispeech/test-clean", None)) == list(NAMES)
    assert [file.name for file in (home() / "data").iterdir()] == ["LibriSpeech"]
    assert sorted(file.name for file in (home() / "data" / "LibriSpeech").iterdir()) == ["README.TXT", "test-clean"]


def test_what_lies_there_by_another_name_is_not_fetched(published: DatasetPlugin, server: Any, tmp_path: Path) -> None:
    (tmp_path / "librispeech" / "test-clean").mkdir(parents=True)
    corpora.download(published, "test-clean", tmp_path)
    assert server.asked == []


def test_a_broken_connection_is_resumed(server: Any, published: DatasetPlugin, clips: Any, tmp_path: Path) -> None:
    server.cuts = 2
    corpora.download(published, "test-clean", tmp_path / "data")
    size = len(server.content)
    first = size // 3
    second = first + (size - first) // 3
    assert server.asked == [None, f"bytes={first}-", f"bytes={second}-"]
    assert ids(clips("librispeech/test-clean", tmp_path / "data")) == list(NAMES)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_later_attempt_goes_on(
    server: Any, published: DatasetPlugin, ranges: bool, clips: Any, tmp_path: Path
) -> None:
    server.ranges = ranges
    (tmp_path / PART).write_bytes(server.content[:1000])
    corpora.download(published, "test-clean", tmp_path)
    assert server.asked == ["bytes=1000-"]
    assert ids(clips("librispeech/test-clean", tmp_path)) == list(NAMES)


def test_what_is_whole_is_not_fetched_again(server: Any, published: DatasetPlugin, clips: Any, tmp_path: Path) -> None:
    (tmp_path / PART).write_bytes(server.content)
    corpora.download(published, "test-clean", tmp_path)
    shutil.rmtree(tmp_path / "LibriSpeech")
    (tmp_path / PART.removesuffix(".part")).write_bytes(server.content)  # whoever unpacked it was stopped
    corpora.download(published, "test-clean", tmp_path)
    assert server.asked == [f"bytes={len(server.content)}-"]
    assert ids(clips("librispeech/test-clean", tmp_path)) == list(NAMES)


def test_a_wrong_file_is_refused_and_deleted(server: Any, published: DatasetPlugin, tmp_path: Path) -> None:
    server.content = server.content[:-1] + b"!"
    with pytest.raises(DataError, match="not the published file"):
        corpora.download(published, "test-clean", tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_no_server_is_said_in_one_line(tmp_path: Path) -> None:
    nobody = served("librispeech/test-clean", "http://127.0.0.1:9/test-clean.tar.gz", "0" * 32)
    with pytest.raises(DataError, match="cannot download http://127") as caught:
        corpora.download(nobody, "test-clean", tmp_path)
    assert "\n" not in str(caught.value)


def test_an_archive_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "test-clean.tar.gz", mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    with pytest.raises(DataError, match="cannot unpack"):
        corpora.download(
            from_disk("librispeech/test-clean", tmp_path / "test-clean.tar.gz"), "test-clean", tmp_path / "data"
        )
    assert not (tmp_path / "outside").exists()
    assert not list((tmp_path / "data").glob(".unpack-*"))


def from_disk(name: str, archive: Path, kind: str = "md5") -> DatasetPlugin:
    return served(name, archive.as_uri(), hashlib.new(kind, archive.read_bytes()).hexdigest())


def test_an_archive_of_something_else_is_said_to_be_so(lay: Any, voice: Any, tmp_path: Path) -> None:
    lay["librispeech"](tmp_path / "source", {NAMES[0]: (voice(0.1), "text")}, "dev-clean")
    (tmp_path / "archive.tar.gz").write_bytes(packed(tmp_path / "source"))
    with pytest.raises(DataError, match=r"archive\.tar\.gz holds no LibriSpeech/test-clean"):
        corpora.download(
            from_disk("librispeech/test-clean", tmp_path / "archive.tar.gz"), "test-clean", tmp_path / "data"
        )


def test_a_second_split_joins_the_first(
    published: DatasetPlugin, lay: Any, voice: Any, clips: Any, tmp_path: Path
) -> None:
    lay["librispeech"](tmp_path, {NAMES[0]: (voice(0.1), "text")}, "dev-clean")
    (tmp_path / "LibriSpeech" / "README.TXT").write_text("mine", encoding="utf-8")
    corpora.download(published, "test-clean", tmp_path)
    assert ids(clips("librispeech/dev-clean", tmp_path)) == [NAMES[0]]
    assert ids(clips("librispeech/test-clean", tmp_path)) == list(NAMES)
    assert (tmp_path / "LibriSpeech" / "README.TXT").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "ids_held", "form", "top", "kind"),
    [
        # As published: OpenSLR's tars, VCTK and MUSDB18-HQ without a folder of their own, FMA with a SHA-1.
        ("libritts/test-clean", ("61_70968_000000_000001",), "gztar", "", "md5"),
        ("ljspeech/test", ("LJ045-0096",), "bztar", "", "md5"),
        ("vctk/test", ("p232_001",), "zip", "VCTK-Corpus-0.92", "md5"),
        ("musdb/test", ("Artist - Title_000-010",), "zip", "musdb18hq", "sha256"),
        ("fma/small", ("000002",), "zip", "", "sha1"),
    ],
)
def test_every_form_is_unpacked(
    name: str, ids_held: Sequence[str], form: str, top: str, kind: str, lay: Any, clips: Any, voice: Any, tmp_path: Path
) -> None:
    corpus, split = name.split("/")
    audio = voice(10.5, 24000)
    speech = corpus in ("libritts", "ljspeech", "vctk")
    lay[corpus](
        tmp_path / "source", {key.removesuffix("_000-010"): (audio, "text") if speech else audio for key in ids_held}
    )
    archive = Path(shutil.make_archive(str(tmp_path / "archive"), form, tmp_path / "source" / top))
    corpora.download(from_disk(name, archive, kind), split, home() / "data")
    assert ids(clips(name, None)) == list(ids_held)
    assert len(list((home() / "data").iterdir())) == 1


def test_archives_in_an_archive_are_unpacked(lay: Any, clips: Any, voice: Any, tmp_path: Path) -> None:
    """AISHELL-1 packs each speaker apart, with `test/SPEAKER/` inside."""
    names = ("BAC009S0764W0121", "BAC009S0765W0121")
    lay["aishell"](tmp_path / "source", {name: (voice(0.1), "文") for name in names})
    wav = tmp_path / "source" / "data_aishell" / "wav"
    for speaker in ("S0764", "S0765"):
        shutil.make_archive(str(wav / speaker), "gztar", wav, f"test/{speaker}")
    shutil.rmtree(wav / "test")
    archive = Path(shutil.make_archive(str(tmp_path / "data_aishell"), "gztar", tmp_path / "source"))
    corpora.download(from_disk("aishell/test", archive), "test", tmp_path / "data")
    assert ids(clips("aishell/test", tmp_path / "data")) == list(names)
    assert [entry.name for entry in (tmp_path / "data" / "data_aishell" / "wav").iterdir()] == ["test"]
