"""Where a corpus lies on this machine, how it gets there, and what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from codecmark.core import registry
from codecmark.core.downloads import fetch, unpacked
from codecmark.core.errors import DataError
from codecmark.core.files import AudioFile, clips_of
from codecmark.core.items import Clip
from codecmark.core.plugins import DatasetPlugin
from codecmark.core.resources import Resources, home

Lister = Callable[[Path, str], Iterable[AudioFile]]
"""From the folder of a corpus and a split to the files of that split, in an order that does not change."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A split of a corpus that is kept as its publisher lays it out; `name` is that of its plug-in.

    Raises `DataError` when it is not on this machine.
    """

    name: str
    files: Lister
    split: str
    resources: Resources

    def __post_init__(self) -> None:
        self.folder()

    def clips(self) -> Sequence[Clip]:
        """Every clip of the split. Raises `DataError` when there is nothing of it in its folder."""
        folder, plugin = self.folder(), self._plugin()
        files = list(self.files(folder, self.split))
        if not files:
            raise DataError(f"{folder} holds nothing of {plugin.title}: expected {plugin.layout}")
        return clips_of(files)

    def folder(self) -> Path:
        folder = find(self._plugin(), self.split, self.resources.data_root)
        if folder is None:
            raise DataError(missing(self._plugin(), self.split, self.resources.data_root))
        return folder

    def _plugin(self) -> DatasetPlugin:
        return cast(DatasetPlugin, registry.get("datasets", self.name))


def find(plugin: DatasetPlugin, split: str, data_root: Path | None) -> Path | None:
    """The folder of a corpus that holds a split: in the data root, which may be that folder itself, or in the cache."""
    cache = home() / "data"
    return (_at(data_root, plugin, split) if data_root is not None else None) or _at(cache, plugin, split)


def _at(root: Path, plugin: DatasetPlugin, split: str) -> Path | None:
    places = (*(root / name for name in plugin.folders), root)
    return next((place for place in places if _inside(place, plugin, split).exists()), None)


def missing(plugin: DatasetPlugin, split: str, data_root: Path | None) -> str:
    """What to say of a split that is not here: where it belongs and how to get it."""
    name = full_name(plugin, split)
    place = _inside(Path("<data root>" if data_root is None else data_root) / plugin.folders[0], plugin, split)
    if split in plugin.archives:
        how = f"run 'codecmark download {name}' ({plugin.archives[split].size / 1e9:.1f} GB) or put it into a data root"
    else:
        how = f"get it from {plugin.url} and put it into a data root"
    return f"{name} is not on this machine: {how}, so that {place} exists (--data-root)"


def download(plugin: DatasetPlugin, split: str, root: Path) -> None:
    """Puts a split that has an archive under a data root, in the corpus's folder; does nothing when it is there.

    Raises `DataError` when the archive cannot be fetched, is not the published one, or holds something else.
    """
    if _at(root, plugin, split) is not None:
        return
    corpus = root / plugin.folders[0]
    source = plugin.archives[split]
    archive = root / f"{plugin.name}-{source.url.rpartition('/')[2]}"  # the archives of two corpora may be of one name
    fetch(source.url, archive, source.checksum)
    with unpacked(archive) as folder:
        content = next((place for place in (folder, *folder.iterdir()) if _inside(place, plugin, split).exists()), None)
        if content is None:
            raise DataError(f"{archive} holds no {_inside(corpus, plugin, split).relative_to(root)}")
        _move(content, corpus, last=_inside(content, plugin, split).relative_to(content).parts[0])
    archive.unlink()


def _move(source: Path, target: Path, last: str = "") -> None:
    """What is in a folder into another one, without touching what is there; `last` goes last."""
    target.mkdir(exist_ok=True)
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name == last):
        if entry.is_dir() and (target / entry.name).is_dir():
            _move(entry, target / entry.name)
        elif not (target / entry.name).exists():
            entry.replace(target / entry.name)


def full_name(plugin: DatasetPlugin, split: str) -> str:
    return f"{plugin.name}/{split}" if split else plugin.name


def _inside(folder: Path, plugin: DatasetPlugin, split: str) -> Path:
    return folder / plugin.holds.format(split=split)
