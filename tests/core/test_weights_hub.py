"""Weights of a model hub: where they are looked for, how they are fetched, what a hub that cannot be reached says."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError

from codecmark import Resources
from codecmark.core import resources
from codecmark.core.errors import WeightsError, WeightsMissing
from codecmark.core.settings import Weights, WeightsFile, WeightsState

REVISION = "0123456789abcdef0123456789abcdef01234567"
CONTENT = b"tensors"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "model.safetensors"


@pytest.fixture(autouse=True)
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What HF_HOME would have set, had it been there when huggingface_hub was imported."""
    folder = tmp_path / "hf/hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return folder


def weights(sha256: str | None = SHA256) -> Weights:
    file = WeightsFile(name=NAME, repo="someone/codec", revision=REVISION, sha256=sha256)
    return Weights(name="codec", files=(file,), source="someone/codec")


def put(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(content)
    return folder


def cached(hub_cache: Path, revision: str = REVISION) -> Path:
    return put(hub_cache / "models--someone--codec/snapshots" / revision)


def test_missing_says_how_to_get_them() -> None:
    assert Resources().state(weights()) is WeightsState.MISSING
    assert Resources(random_weights=True).state(weights()) is WeightsState.RANDOM
    with pytest.raises(WeightsMissing, match=r"codecmark download codec.*<weights root>/codec \(someone/codec\)"):
        Resources().weights_folder(weights())


def test_found_in_the_cache_of_the_hub_at_the_pinned_revision_only(hub_cache: Path) -> None:
    cached(hub_cache, "f" * 40)
    assert Resources().state(weights()) is WeightsState.MISSING
    pinned = cached(hub_cache)
    assert Resources().state(weights()) is WeightsState.AVAILABLE
    assert Resources().weights_folder(weights()) == pinned


def test_the_environment_says_where_the_cache_of_the_hub_is(tmp_path: Path) -> None:
    cached(tmp_path / "elsewhere/hub")
    code = f"""
from codecmark import Resources
from codecmark.core.settings import Weights, WeightsFile
file = WeightsFile(name={NAME!r}, repo="someone/codec", revision={REVISION!r})
print(Resources().state(Weights(name="codec", files=(file,), source="")))
"""
    places = {"HF_HOME": str(tmp_path / "elsewhere"), "HF_HUB_OFFLINE": "1"}
    cleared = {name: value for name, value in os.environ.items() if name != "HF_HUB_CACHE"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=cleared | places, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "available"


def test_the_weights_root_comes_first(hub_cache: Path, tmp_path: Path) -> None:
    cached(hub_cache)
    mine = put(tmp_path / "root/codec")
    assert Resources(weights_root=tmp_path / "root").weights_folder(weights()) == mine


def test_a_file_in_the_root_itself_could_be_any_models(tmp_path: Path) -> None:
    put(tmp_path / "root")
    assert Resources(weights_root=tmp_path / "root").state(weights()) is WeightsState.MISSING


def test_a_pinned_hash_is_checked_and_any_is_recorded(tmp_path: Path) -> None:
    here = Resources(weights_root=tmp_path)
    put(tmp_path / "codec", b"something else")
    with pytest.raises(WeightsError, match="not the pinned one"):
        here.weights_folder(weights())
    one = here.fingerprint(weights(sha256=None))
    (tmp_path / "codec" / NAME).write_bytes(CONTENT)
    other = here.fingerprint(weights(sha256=None))
    assert one != other
    assert other == here.fingerprint(weights())


def test_a_download_asks_the_hub_for_the_pinned_revision(hub_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(repo: str, name: str, *, revision: str) -> str:
        asked.append((repo, name, revision))
        return str(cached(hub_cache) / name)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(resources, "_silence", lambda endpoint: None)
    folder = Resources().download(weights())
    assert Resources().download(weights()) == folder  # nothing is fetched twice
    assert asked == [("someone/codec", NAME, REVISION)]


def test_a_hub_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # the discard port: nobody listens
    resources._silence.cache_clear()
    started = time.monotonic()
    for _ in range(20):
        with pytest.raises(WeightsMissing, match=r"cannot download .* from the hub: .*refused.*; fetch it by hand"):
            Resources().download(weights())
    assert time.monotonic() - started < 5  # the hub's own client would take half a minute for each
    assert resources._silence.cache_info().misses == 1


def test_a_hub_that_is_switched_off_is_one_line_and_says_what_to_do() -> None:
    with pytest.raises(WeightsMissing, match=r"offline mode is enabled.*; fetch it by hand and put it into") as raised:
        Resources().download(weights())
    assert isinstance(raised.value.__cause__, LocalEntryNotFoundError)
    assert "\n" not in str(raised.value)
