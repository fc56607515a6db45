"""Every neural codec against vectors that its original implementation gave: ours in vectors/, and those at hand.

`codecmark check CODEC --vectors DIR` does the same for any other folder.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codecmark import Resources
from codecmark.core import registry
from codecmark.core.errors import UsageError
from codecmark.core.plugins import CodecPlugin
from codecmark.harness.vectors import compare

OWN = Path(__file__).parent / "vectors"
CODEC_OF = {
    "audiodec": "audiodec",
    "dac": "dac",
    "encodec": "encodec",
    "funcodec": "funcodec",
    "hificodec": "hificodec",
    "speechtokenizer": "speechtokenizer",
}
"""The codec whose vectors are in a folder, by the first word of its name."""
SHARED = (
    "audiodec_c16_vctk_48k_hop320",
    "audiodec_libritts_24k_hop300",
    "audiodec_vctk_48k_hop300",
    "dac_16k",
    "dac_24k",
    "dac_44k",
    "encodec_24khz",
    "funcodec_freqcodec_gr1nq32ds320",
    "funcodec_freqcodec_gr8nq32ds320",
    "funcodec_freqcodec_lstm_nq32ds320",
    "funcodec_nq32ds320",
    "funcodec_nq32ds640",
    "hificodec_16k_320d",
    "hificodec_24k_320d",
    "speechtokenizer_elu",
    "speechtokenizer_snake",
)


def plugin_of(folder: Path) -> CodecPlugin:
    plugin = registry.model(CODEC_OF[folder.name.partition("_")[0]])
    assert isinstance(plugin, CodecPlugin)
    return plugin


def holds(folder: Path) -> None:
    """Every array of the folder is met, and none is left out."""
    results = list(compare(plugin_of(folder), folder, Resources()))
    kinds = ("latent_*", "codes_*", "decoded_*")
    arrays = {file.stem for kind in kinds for file in folder.glob(f"{kind}.npy")}
    assert {result.name for result in results} == {*arrays, "adapter", "adapter in a batch"}
    assert [result for result in results if result.status != "pass"] == []


@pytest.mark.parametrize("name", sorted(folder.name for folder in OWN.glob("*/")))
def test_our_own_vectors(name: str) -> None:
    holds(OWN / name)


@pytest.mark.parametrize("name", SHARED)
def test_vectors_on_real_speech(name: str, shared: Path) -> None:
    holds(shared / "parity" / name)


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of one of our folders, to be spoilt."""
    return lambda name: Path(shutil.copytree(OWN / name, tmp_path / name))


@pytest.mark.parametrize(
    ("array", "spoil", "fails"),
    [
        ("latent_a", lambda array: array + 2e-4, {"latent_a"}),
        ("decoded_a", lambda array: array + 0.01 * np.sqrt(np.mean(array**2)), {"decoded_a"}),
    ],
)
def test_a_difference_is_found(array: str, spoil: Callable, fails: set[str], copy: Callable[[str], Path]) -> None:
    folder = copy("speechtokenizer_elu")
    np.save(folder / f"{array}.npy", spoil(np.load(folder / f"{array}.npy")))
    results = compare(plugin_of(folder), folder, Resources())
    assert {result.name for result in results if result.status == "fail"} == fails


def test_one_wrong_code_is_found(copy: Callable[[str], Path]) -> None:
    folder = copy("speechtokenizer_elu")
    codes = np.load(folder / "codes_a.npy")
    codes[-1, -1] ^= 1
    np.save(folder / "codes_a.npy", codes)
    failed = {result.name for result in compare(plugin_of(folder), folder, Resources()) if result.status == "fail"}
    assert {"codes_a", "adapter", "adapter in a batch"} <= failed


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "meta.json").unlink(), "no meta.json"),
        (lambda folder: (folder / "meta.json").write_text("{"), "meta.json: needs"),
        (lambda folder: (folder / "meta.json").write_text(json.dumps({"hop": 320})), "sample_rate"),
        (lambda folder: [file.unlink() for file in folder.glob("codes_*.npy")], "no codes_CLIP.npy"),
        (lambda folder: (folder / "codes_a.npy").write_bytes(b"no array"), r"codes_a\.npy: cannot be read"),
        (lambda folder: (folder / "input_a.npy").unlink(), r"input_a\.npy: cannot be read"),
    ],
)
def test_a_folder_that_is_none_is_one_line(spoil: Callable, message: str, copy: Callable[[str], Path]) -> None:
    folder = copy("speechtokenizer_elu")
    spoil(folder)
    with pytest.raises(UsageError, match=message):
        list(compare(plugin_of(folder), folder, Resources()))


def test_a_codec_without_a_network_cannot_be_compared(tmp_path: Path) -> None:
    opus = registry.model("opus")
    assert isinstance(opus, CodecPlugin)
    with pytest.raises(UsageError, match="opus cannot be held against vectors"):
        list(compare(opus, tmp_path, Resources()))
