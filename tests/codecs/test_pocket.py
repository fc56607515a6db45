"""Pocket: small, causal, better with each codebook; and its training, which one seed makes the same twice."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from pesq import pesq

from codecmark import Audio, Codes, Resources, Setting
from codecmark.codecs.pocket import FILE, PLUGIN
from codecmark.core import codebooks
from codecmark.datasets.starter import Starter
from codecmark.nn.pocket import Pocket

EXAMPLE = Path(__file__).parents[2] / "examples" / "pocket_codec"


def setting_of(count: int) -> Setting:
    return codebooks.first((PLUGIN, PLUGIN.settings[0]), count)[1]


def decoded(clips: list[Audio], count: int) -> list[Audio]:
    codec = PLUGIN.open(setting_of(count), Resources())
    return list(codec.decode(codec.encode(clips)))


def mean_pesq(clips: list[Audio], count: int) -> float:
    pairs = zip(clips, decoded(clips, count), strict=True)
    return float(np.mean([pesq(16000, one.samples[0], other.samples[0], "wb") for one, other in pairs]))


def test_the_weights_are_small() -> None:
    assert FILE.stat().st_size <= 2_000_000
    assert PLUGIN.card.params == sum(one.numel() for one in Pocket().parameters())


def test_pesq_rises_with_codebooks() -> None:
    """On voices it never heard: of the speech that comes with the package."""
    clips = [clip.audio() for clip in Starter().clips()[:4]]
    few, some, all_of_them = (mean_pesq(clips, count) for count in (1, 4, 8))
    assert few + 0.05 < some < all_of_them - 0.05


def test_pesq_rises_on_recorded_speakers_it_never_heard(shared: Path) -> None:
    folder = shared / "data/librispeech_test_clean"
    rows = map(json.loads, (folder / "manifest.jsonl").read_text().splitlines())
    clips = [Audio.read(folder / row["path"]) for row in rows][:3]
    scores = [mean_pesq(clips, count) for count in (1, 2, 4, 8)]
    assert scores == sorted(scores)


def test_what_comes_later_changes_nothing_before(voice: Any) -> None:
    codec = PLUGIN.open(setting_of(8), Resources())
    clip = voice(seconds=1.0)
    other = Audio(np.concatenate([clip.samples[0][:8000], voice(seconds=0.5, seed=1).samples[0]]), 16000)
    sent = [one for one in codec.encode([clip, other]) if isinstance(one, Codes)]
    np.testing.assert_array_equal(*(np.stack(one.streams)[:, :25] for one in sent))
    heard = codec.decode(sent)
    np.testing.assert_allclose(heard[0].samples[0][:8000], heard[1].samples[0][:8000], atol=1e-6)


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The modules of the training script."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    names = ("speech", "mirror", "losses", "codebooks", "train")
    yield {name: __import__(name) for name in names}
    for name in names:
        sys.modules.pop(name, None)


def test_training_is_the_same_twice(
    example: dict[str, ModuleType], voice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without codebooks, then with them."""
    train = example["train"]
    monkeypatch.setattr(train, "BATCH", (2, 6400))
    waves = [torch.from_numpy(voice(seconds=12.0, seed=seed).samples[0].copy()) for seed in range(2)]
    files, distances = [tmp_path / "one.safetensors", tmp_path / "two.safetensors"], []
    for file in files:
        torch.manual_seed(0)
        training = train.Training(waves, 6, "cpu", seed=0)
        distances.append([training.step(number) for number in range(6)])
        training.save(file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert distances[0] == distances[1]


def test_training_starts_from_a_codec_that_hands_on_speech_in_time(example: dict[str, ModuleType], voice: Any) -> None:
    network = Pocket()
    example["mirror"].mirror(network.encoder, network.decoder, torch.Generator().manual_seed(0))
    given = voice(seconds=1.0).samples
    with torch.inference_mode():
        handed_on = network.waves(network.encode(torch.from_numpy(given[None].copy()))[0])[0].numpy()
    likeness = [np.dot(given[0, 400:-400], np.roll(handed_on, shift)[400:-400]) for shift in range(-10, 11)]
    assert np.argmax(likeness) == 10


def test_training_hears_clear_licences_only_and_no_voice_of_starter(
    example: dict[str, ModuleType], voice: Any, tmp_path: Path
) -> None:
    speech = example["speech"]
    for corpus in speech.CORPORA:
        (tmp_path / corpus).mkdir()
        voice(seconds=0.5).write(tmp_path / corpus / "one.wav")
        rows = [{"path": "one.wav", "licence_clear": True}, {"path": "none.wav", "licence_clear": False}]
        (tmp_path / corpus / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert [len(wave) for wave in speech.recordings(tmp_path)] == [8000, 8000]
    assert not any("test" in corpus for corpus in speech.CORPORA)
    assert not {"en-gb-x-rp", "en-us+Annie"} & set(speech.VOICES)
