"""Manifests: the real ones are read in full, broken ones are refused with file and line."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from codecmark.core import registry
from codecmark.core.errors import CodecmarkError, DataError
from codecmark.core.items import Clip
from codecmark.core.resources import Resources


def clips(path: Path) -> list[Clip]:
    plugin, argument = registry.dataset(f"manifest:{path}")
    return list(plugin.open(argument, Resources()).clips())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.flac", np.full(8000, 0.1), 16000)
    return tmp_path


def manifest(folder: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "manifest.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder / "manifest.jsonl"


# Files, speakers and files with a transcript, as the material's own README counts them.
REAL = {
    "librispeech_test_other": (70, 7, 70),
    "librispeech_train_clean_100": (42, 42, 0),
    "codec_outputs_funcodec_page": (48, 6, 24),
    "vctk_48k": (7, 4, 4),
    "aishell1": (5, 4, 2),
    "lm_outputs_valle_demo": (29, 6, 22),
}


@pytest.mark.parametrize("corpus", REAL)
def test_real_corpora_are_read_in_full(corpus: str, shared: Path) -> None:
    found = clips(shared / "data" / corpus / "manifest.jsonl")
    counts = len(found), len({clip.speaker for clip in found} - {None}), sum(clip.text is not None for clip in found)
    assert counts == REAL[corpus]
    assert {clip.domain for clip in found} == {"speech"}
    for clip in found[:2]:
        assert clip.audio().seconds == pytest.approx(clip.seconds)


def test_every_real_file_is_the_one_its_manifest_states(shared: Path) -> None:
    total = Counter[str]()
    for path in sorted((shared / "data").glob("*/manifest.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for row, clip in zip(rows, clips(path), strict=True):
            assert (clip.id, clip.sha256, clip.language) == (row["id"], row["sha256"], row["language"])
            assert clip.seconds == pytest.approx(row["duration_s"], abs=0.03)
            total[clip.domain] += 1
    assert total == {"speech": 309, "music": 14, "sound": 7}


def test_fields_become_a_clip(folder: Path) -> None:
    row = {"id": 7, "path": "a.flac", "text": "Hello.", "speaker": 12, "language": "en", "kind": "music", "extra": [1]}
    nemo = {"audio_filepath": str(folder / "b.flac"), "duration": 0.5, "text": ""}
    first, second = clips(manifest(folder, row, "", nemo, ""))
    assert (first.id, first.text, first.speaker, first.language, first.domain) == ("7", "Hello.", "12", "en", "music")
    assert (second.id, second.text, second.speaker, second.domain) == ("b", None, None, "speech")
    assert second.audio().seconds == second.seconds == 0.5


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"id": "b", "path": ', "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ({"id": "b"}, "no 'path'"),
        ({"path": ["a.flac"]}, "'path' is not text"),
        ({"path": "b.flac", "text": 3.5}, "'text' is not text"),
        ({"id": "first", "path": "b.flac"}, "id 'first' was taken on line 1"),
        ({"path": "c.flac"}, r"no such audio file: .*c\.flac"),
        ({"path": "b.flac", "kind": "podcast"}, "unknown kind 'podcast'"),
        ({"audio_filepath": "b.flac", "offset": 1.5}, "'offset' is not supported"),
    ],
)
def test_a_broken_line_is_named(folder: Path, row: object, said: str) -> None:
    with pytest.raises(DataError, match=rf"manifest\.jsonl, line 2: {said}") as caught:
        clips(manifest(folder, {"id": "first", "path": "a.flac"}, row))
    assert "\n" not in str(caught.value)


def test_manifests_that_cannot_be_read_are_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"lists no files"):
        clips(manifest(folder, ""))
    with pytest.raises(DataError, match=r"is a folder.*folder:"):
        clips(folder)
    with pytest.raises(DataError, match=r"none\.jsonl: No such file"):
        clips(folder / "none.jsonl")
    (folder / "latin.jsonl").write_bytes(b'{"path": "\xe9.wav"}')
    with pytest.raises(DataError, match=r"latin\.jsonl: it is not UTF-8"):
        clips(folder / "latin.jsonl")


def test_the_name_needs_a_path() -> None:
    for name in ("manifest", "manifest:", "manifest/x"):
        with pytest.raises(CodecmarkError, match="manifest:PATH"):
            registry.dataset(name)
