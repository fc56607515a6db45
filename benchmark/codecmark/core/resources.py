"""Where a run finds things: the device, the weights root, the data root, and whether it may download."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from codecmark.core.downloads import DOWNLOAD_TIMEOUT_SECONDS, fetch
from codecmark.core.errors import DataError, UsageError, WeightsError, WeightsMissing
from codecmark.core.settings import Weights, WeightsFile, WeightsState


def home() -> Path:
    """The cache of codecmark: $CODECMARK_HOME, or the platform's cache folder."""
    import platformdirs

    return Path(os.environ.get("CODECMARK_HOME") or platformdirs.user_cache_dir("codecmark"))


def root_folder(option: str, value: str | Path | None) -> Path | None:
    """The folder that an option names. Raises `UsageError` where there is none."""
    if value is not None and not Path(value).is_dir():
        raise UsageError(f"{option} {value}: no such folder")
    return None if value is None else Path(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What `open` of every plug-in is given. `device` is a torch device name: cpu, cuda:0, ...

    `evaluators` are the models that metrics use, by role (`whisper`): the name of a checkpoint, or its path.
    `trusted_pickles` names the weights whose pickle files may run code when they are read.
    """

    device: str = "cpu"
    weights_root: Path | None = None
    data_root: Path | None = None
    offline: bool = False
    random_weights: bool = False
    seed: int = 0
    evaluators: Mapping[str, str] = field(default_factory=dict)
    trusted_pickles: frozenset[str] = frozenset()

    def state(self, weights: Weights | None) -> WeightsState:
        """Whether these weights are here, by name only: their hash is checked when they are opened."""
        if weights is None:
            return WeightsState.NONE
        if self._folder(weights) is not None:
            return WeightsState.AVAILABLE
        return WeightsState.RANDOM if self.random_weights else WeightsState.MISSING

    def weights_folder(self, weights: Weights) -> Path:
        """The folder that holds every file of `weights`, each checked against its pinned sha256.

        Raises `WeightsMissing` when they are not here, `WeightsError` when a file is not the pinned one.
        """
        folder = self._folder(weights)
        if folder is None:
            files = ", ".join(file.name for file in weights.files)
            raise WeightsMissing(
                f"weights '{weights.name}' are missing: run 'codecmark download {weights.name}' or put {files} "
                f"into <weights root>/{weights.place} ({weights.source})"
            )
        for file in weights.files:
            verify(folder / file.name, file)
        return folder

    def fingerprint(self, weights: Weights | None) -> str:
        """Names the weights a result was made with: a hash over the files, `none`, `missing` or `random`."""
        state = self.state(weights)
        if weights is None or state is not WeightsState.AVAILABLE:
            return str(state)
        folder = self.weights_folder(weights)
        digest = hashlib.sha256()
        for file in weights.files:
            digest.update(file_sha256(folder / file.name).encode())
        return digest.hexdigest()[:16]

    def download(self, weights: Weights) -> Path:
        """Fetches the files that are missing and checks them; nothing is fetched twice.

        Files of a model hub go into its own cache ($HF_HOME), where other programs find them too, others into ours.
        Raises `WeightsMissing` when the pinned file cannot be fetched, `WeightsError` when another one lies there.
        """
        if self._folder(weights) is None:
            folder = home() / "weights" / weights.place
            for file in weights.files:
                if file.repo is not None:
                    _fetch_from_hub(file, weights.place)
                elif not (folder / file.name).exists():
                    _fetch(file, folder / file.name, weights.source)
        return self.weights_folder(weights)

    def _folder(self, weights: Weights) -> Path | None:
        roots = [home() / "weights" / weights.place]
        if self.weights_root is not None:
            # Hubs call every model's file the same, so that one lying in the root itself could be any model's.
            flat = [] if any(file.repo for file in weights.files) else [self.weights_root]
            roots = [self.weights_root / weights.place, *flat, *roots]
        for root in roots:
            if all((root / file.name).is_file() for file in weights.files):
                return root
        return _hub_folder(weights)


def file_sha256(path: Path) -> str:
    """The sha256 of a file, read once per process and modification."""
    stat = path.stat()
    return _file_sha256(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _file_sha256(path: Path, modified: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path, file: WeightsFile) -> None:
    """Raises `WeightsError` unless the file has the pinned size and sha256."""
    if file.size is not None and path.stat().st_size != file.size:
        found = path.stat().st_size
        raise WeightsError(f"weights file {path} has {found} bytes, not {file.size}: delete it and download it again")
    if file.sha256 is not None and file_sha256(path) != file.sha256:
        raise WeightsError(f"weights file {path} is not the pinned one (wrong sha256): delete it and download it again")


def _hub_folder(weights: Weights) -> Path | None:
    """The folder of the hub's own cache that holds every file at its pinned revision."""
    folders = {_hub_cached(file) for file in weights.files}
    return folders.pop() if len(folders) == 1 else None


def _hub_cached(file: WeightsFile) -> Path | None:
    if file.repo is None:
        return None
    from huggingface_hub import constants  # the rest of it takes long to import, and most listings have no need of it

    if not (Path(constants.HF_HUB_CACHE) / f"models--{file.repo.replace('/', '--')}").is_dir():
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(file.repo, file.name, revision=file.revision)
    return Path(found).parents[file.name.count("/")] if isinstance(found, str) else None


def _fetch_from_hub(file: WeightsFile, place: str) -> None:
    from huggingface_hub import constants, hf_hub_download

    assert file.repo is not None
    try:
        if not constants.HF_HUB_OFFLINE:
            _must_answer(constants.ENDPOINT)
        hf_hub_download(file.repo, file.name, revision=file.revision)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error.__cause__ or error).split()).rstrip(".")  # the cause says what was in the way
        raise WeightsMissing(
            f"cannot download {file.name} of {file.repo} from the hub: {reason}; "
            f"fetch it by hand and put it into <weights root>/{place}"
        ) from error


def _must_answer(endpoint: str) -> None:
    """Raises `OSError` when nobody answers at an address; asks once, since the hub's client would retry every file."""
    if (why := _silence(endpoint)) is not None:
        raise OSError(why)


@lru_cache(maxsize=8)
def _silence(endpoint: str) -> str | None:
    try:
        urllib.request.urlopen(
            urllib.request.Request(endpoint, method="HEAD"), timeout=DOWNLOAD_TIMEOUT_SECONDS
        ).close()
    except urllib.error.HTTPError:
        return None  # an answer, if not a kind one
    except OSError as error:
        return str(error)
    return None


def _fetch(file: WeightsFile, target: Path, source: str) -> None:
    if file.url is None:
        raise WeightsMissing(f"no address is known for weights file {file.name}: put it at {target} ({source})")
    try:
        fetch(file.url, target, file.sha256)
    except DataError as error:
        raise WeightsMissing(str(error)) from error
