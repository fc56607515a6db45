"""What holds of every corpus that is kept in a folder: where it is found, and what is said where it is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from codecmark.core import corpora, registry
from codecmark.core.downloads import CHECKSUMS
from codecmark.core.errors import DataError
from codecmark.core.plugins import DatasetPlugin
from codecmark.core.resources import Resources, home

IN_FOLDERS = [plugin for plugin in registry.every(DatasetPlugin)[0] if plugin.folders]
SPLITS = [(plugin, split) for plugin in IN_FOLDERS for split in plugin.splits or ("",)]


def place(folder: Path, plugin: DatasetPlugin, split: str) -> Path:
    return folder / plugin.holds.format(split=split)


@pytest.mark.parametrize(("plugin", "split"), SPLITS, ids=lambda value: getattr(value, "name", value))
def test_a_corpus_is_found_by_each_of_its_names(plugin: DatasetPlugin, split: str, tmp_path: Path) -> None:
    for number, name in enumerate((*plugin.folders, "")):
        root = tmp_path / str(number)
        assert corpora.find(plugin, split, tmp_path) is None
        place(root / name, plugin, split).mkdir(parents=True)
        assert corpora.find(plugin, split, root) == root / name
    place(home() / "data" / plugin.folders[0], plugin, split).mkdir(parents=True)
    assert corpora.find(plugin, split, None) == home() / "data" / plugin.folders[0]
    assert corpora.find(plugin, split, tmp_path) == home() / "data" / plugin.folders[0]


@pytest.mark.parametrize(("plugin", "split"), SPLITS, ids=lambda value: getattr(value, "name", value))
def test_a_missing_corpus_is_one_line_that_says_what_to_do(plugin: DatasetPlugin, split: str, cli: Any) -> None:
    name = corpora.full_name(plugin, split)
    ended = cli("run", "quick", "--dataset", name, "--codecs", "identity", "--metrics", "kbps", "--dry-run")
    assert (ended.code, ended.out) == (2, "")
    where = re.escape(str(place(Path("<data root>") / plugin.folders[0], plugin, split)))
    download = rf"run 'codecmark download {name}' \(\d+\.\d GB\) or"
    how = download if split in plugin.archives else f"get it from {plugin.url} and"
    said = rf"{name} is not on this machine: {how} put it into a data root, so that {where} exists \(--data-root\)"
    assert re.fullmatch(rf"codecmark: {said}\n", ended.err)


@pytest.mark.parametrize("plugin", IN_FOLDERS, ids=lambda plugin: plugin.name)
def test_every_corpus_says_what_it_is(plugin: DatasetPlugin) -> None:
    assert plugin.licence
    assert plugin.url is not None
    assert plugin.url.startswith("https://")
    assert plugin.layout.startswith(f"<data root>/{plugin.folders[0]}/")
    assert not plugin.synthetic
    assert set(plugin.archives) in (set(), set(plugin.splits))
    for archive in plugin.archives.values():
        assert archive.url.startswith("https://")
        assert re.fullmatch(r"[0-9a-f]+", archive.checksum)
        assert len(archive.checksum) in CHECKSUMS
        assert archive.size > 1e8


def test_what_is_not_in_its_folder_is_said(tmp_path: Path) -> None:
    plugin, split = registry.dataset("fma/small")
    (tmp_path / "fma_small" / "000").mkdir(parents=True)
    with pytest.raises(DataError, match=r"fma_small holds nothing of FMA small: expected <data root>/fma_small/"):
        plugin.open(split, Resources(data_root=tmp_path)).clips()
