"""SNAC against its own package: codes of several frame rates, audio with the same noise; batches, lengths, names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from snac import SNAC

from codecmark import Codes, Resources
from codecmark.codecs.snac import PLUGIN
from codecmark.core.errors import WeightsError, WeightsMissing
from codecmark.nn import snac as nn_snac
from codecmark.nn.network import randomised
from codecmark.nn.whole_clips import WholeClips

Array = NDArray[Any]
SMALL = {"encoder_dim": 4, "decoder_dim": 128, "codebook_size": 64}
CONFIGS = {name: {**nn_snac.CONFIGS[name], **SMALL} for name in ("24khz", "44khz")}
UNIT = {"24khz": 2048, "44khz": 12288}


def rows(codes: object) -> list[Array]:
    assert isinstance(codes, Codes)
    return [np.asarray(stream) for stream in codes.streams]


class Model:
    """A small model of its own package with random weights, its files, and our adapter of them."""

    def __init__(self, name: str, folder: Path) -> None:
        torch.manual_seed(0)
        self.name, self.folder = name, folder
        self.original: Any = SNAC(**CONFIGS[name]).eval()
        for parameter in self.original.parameters():
            parameter.data += 0.05 * torch.randn(parameter.shape)
        torch.save(self.original.state_dict(), folder / "pytorch_model.bin")
        (folder / "config.json").write_text(json.dumps(CONFIGS[name]))
        self.network = nn_snac.trained_network(folder, "snac", Resources())
        self.codec = WholeClips(self.network, len(self.network.codebook_sizes), "cpu")


@pytest.fixture(scope="module", params=CONFIGS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return Model(request.param, tmp_path_factory.mktemp("snac"))


@pytest.mark.parametrize("num_samples", [1, 5003, 12288, 30000])
def test_codes_are_those_of_its_own_package(num_samples: int, model: Model, voice: Any) -> None:
    """Streams of different lengths, of the whole of what the clip is filled up to."""
    clip = voice(rate=model.network.sample_rate, seconds=1.5).fit(num_samples)
    (codes,) = model.codec.encode([clip])
    with torch.inference_mode():
        expected = model.original.encode(torch.tensor(clip.samples)[None])
    for found, wanted in zip(rows(codes), expected, strict=True):
        np.testing.assert_array_equal(found, wanted[0].numpy())
    (setting,) = (one for one in PLUGIN.settings if one.name == model.name)
    assert tuple(map(len, rows(codes))) == PLUGIN.frames(setting, num_samples)
    filled = -(-num_samples // UNIT[model.name]) * UNIT[model.name]
    assert codes.bits == sum(6 * filled / (model.network.hop * stride) for stride in model.network.token_strides)


def test_audio_is_that_of_its_own_package(model: Model, voice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its package is given our noise: that of its first, second, ... layer."""
    clip = voice(rate=model.network.sample_rate, seconds=0.6)
    (codes,) = model.codec.encode([clip])
    seeds = iter(range(4))

    def noise(size: tuple[int, ...], **kind: Any) -> torch.Tensor:
        return torch.empty(size).normal_(generator=torch.Generator().manual_seed(next(seeds)))

    monkeypatch.setattr(torch, "randn", noise)
    with torch.inference_mode():
        expected = model.original.decode([torch.from_numpy(stream.copy())[None] for stream in rows(codes)])[
            0, 0
        ].numpy()
    monkeypatch.undo()
    (decoded,) = model.codec.decode([codes])
    np.testing.assert_allclose(decoded.samples[0], expected[: clip.num_samples], atol=1e-5)
    assert next(seeds, None) is None


def test_a_clip_in_a_batch_is_as_alone(model: Model, voice: Any) -> None:
    clips = [
        voice(rate=model.network.sample_rate, seconds=seconds, seed=seed) for seed, seconds in enumerate((0.4,) * 3)
    ]
    clips = [*clips, clips[0].fit(1), clips[1].fit(4000)]
    alone = [model.codec.encode([clip])[0] for clip in clips]
    for clip, one, other, audio in zip(clips, alone, model.codec.encode(clips), model.codec.decode(alone), strict=True):
        assert [stream.tolist() for stream in rows(one)] == [stream.tolist() for stream in rows(other)]
        assert audio.num_samples == clip.num_samples
        np.testing.assert_allclose(audio.samples, model.codec.decode([one])[0].samples, atol=1e-5)


def test_the_noise_is_heard_and_is_the_same_every_time(model: Model, voice: Any) -> None:
    (codes,) = model.codec.encode([voice(rate=model.network.sample_rate, seconds=0.3)])
    before = torch.random.get_rng_state()
    (one,), (same,) = model.codec.decode([codes]), model.codec.decode([codes])
    np.testing.assert_array_equal(one.samples, same.samples)
    assert torch.equal(before, torch.random.get_rng_state())
    quiet = Model(model.name, model.folder)
    for layer in quiet.network.modules():
        if isinstance(layer, nn_snac.SteadyNoise):
            layer.linear.weight.data.zero_()
    assert np.abs(quiet.codec.decode([codes])[0].samples - one.samples).max() > 1e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder.block.0.bias": None}, "encoder.block.0.bias is missing"),
        ({"decoder.more": torch.zeros(1)}, "decoder.more is not expected"),
        ({"quantizer.quantizers.1.codebook.weight": torch.zeros(8, 8)}, "is of another shape"),
    ],
)
def test_checkpoints_fit_to_the_last_key(change: dict[str, Any], message: str, model: Model, tmp_path: Path) -> None:
    changed = {**model.original.state_dict(), **change}
    torch.save({name: one for name, one in changed.items() if one is not None}, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text(json.dumps(CONFIGS[model.name]))
    with pytest.raises(WeightsError, match=message):
        nn_snac.trained_network(tmp_path, "snac", Resources())


def test_a_configuration_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"sampling_rate": 24000, "twists": 3}))
    with pytest.raises(WeightsError, match=r"config\.json is of no network .*twists"):
        nn_snac.trained_network(tmp_path, "snac", Resources())


def test_settings() -> None:
    """The rates in the README of its makers: 0.98, 1.9 and 2.6 kbps; tokens at 12, 23 and 47 Hz at 24 kHz."""
    found = {row.id: (row.n_codebooks, round(row.kbps or 0, 3)) for row in PLUGIN.settings}
    assert found == {"snac/24khz": (3, 0.984), "snac/32khz": (4, 1.875), "snac/44khz": (4, 2.584)}
    assert [round(stream.frame_rate) for stream in PLUGIN.settings[0].streams] == [12, 23, 47]


@pytest.mark.parametrize(("name", "millions"), [("24khz", 19.8), ("44khz", 54.5)])
def test_the_full_size_networks_have_the_published_sizes(name: str, millions: float) -> None:
    with torch.device("meta"):
        original = SNAC(**nn_snac.CONFIGS[name])
    assert sum(one.numel() for one in original.parameters()) / 1e6 == pytest.approx(millions, abs=0.05)


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="codecmark download snac_24khz"):
        PLUGIN.open(PLUGIN.settings[0], Resources(weights_root=tmp_path))


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WeightsMissing, match=r"pip install 'codecmark\[snac\]'"):
        PLUGIN.open(PLUGIN.settings[0], Resources(random_weights=True))


def test_random_weights_use_their_codebooks(voice: Any) -> None:
    """Many tokens in every codebook, an output neither dead nor endless, and all of it the same from one seed."""
    config = {**nn_snac.CONFIGS["24khz"], "encoder_dim": 8, "decoder_dim": 64}
    clip, sent = voice(rate=24000, seconds=2.0), []
    for seed in (0, 0, 1):
        network = randomised(nn_snac.SnacNetwork(config), seed)
        codec = WholeClips(network, len(network.codebook_sizes), "cpu")
        sent.append(codec.encode([clip])[0])
    one, same, other = (np.concatenate(rows(codes)) for codes in sent)
    np.testing.assert_array_equal(one, same)
    assert (one != other).mean() > 0.5
    assert min(len(set(stream)) for stream in rows(sent[0])) > 10
    assert 0.001 < codec.decode([sent[2]])[0].peak <= 1
