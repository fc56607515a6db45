"""HiFi-Codec beyond its vectors (tests/parity): rows, full size, strict loading, lengths, batches, random weights."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from codecmark import Audio, Codes, Resources, Setting
from codecmark.codecs.hificodec import PLUGIN
from codecmark.core.errors import WeightsError, WeightsMissing
from codecmark.core.settings import Weights, WeightsFile
from codecmark.nn import hificodec as nn_hificodec
from codecmark.nn.hifigan import Fields
from codecmark.nn.network import randomised
from codecmark.nn.whole_clips import WholeClips

VECTORS = Path(__file__).parents[1] / "parity/vectors/hificodec_16k_320d"
CHECKPOINT = "HiFi-Codec-16k-320d"
CONFIG = json.loads((VECTORS / "config_16k_320d.json").read_text())
HOP = 320
Content = dict[str, dict[str, torch.Tensor]]


def array(name: str) -> Any:
    return np.load(VECTORS / f"{name}.npy")


def tokens(codes: object) -> Any:
    assert isinstance(codes, Codes)
    return np.stack(codes.streams)


def test_settings_are_the_rows_of_the_survey() -> None:
    found = {one.id: (one.survey_id, one.n_codebooks, one.sample_rate, one.kbps) for one in PLUGIN.settings}
    assert found == {
        "hificodec/16khz": ("B1", 4, 16000, 2.0),
        "hificodec/16khz-large-universal": ("B2", 4, 16000, 2.0),
        "hificodec/24khz": ("B3", 4, 24000, 3.0),
    }


@pytest.mark.parametrize(("name", "rate"), [("hificodec_16k_320d", 16000), ("hificodec_24k_320d", 24000)])
def test_the_full_size_network_takes_the_tensors_of_the_original(name: str, rate: int, shared: Path) -> None:
    """Names and shapes, on a device that holds no numbers."""
    shapes = json.loads((shared / f"parity/manifests/{name}.json").read_text())
    content: Content = {part: {} for part in nn_hificodec.ENTRIES_OF_CHECKPOINT}
    with torch.device("meta"):
        for key, shape in shapes.items():
            part, _, rest = key.partition(".")
            content[part][rest] = torch.empty(shape)
        shape = nn_hificodec.Shape(sample_rate=rate, fields=Fields())
        network = nn_hificodec.trained_network(shape, Path(name), content)
    kept = sum(math.prod(shape) for key, shape in shapes.items() if not key.endswith("weight_g"))
    assert sum(one.numel() for one in network.state_dict().values()) == kept == PLUGIN.card.params


@pytest.fixture
def spoilt(tmp_path: Path) -> Callable[[Callable[[Content], object]], Path]:
    """A copy of the vectors with something wrong in the checkpoint."""

    def make(spoil: Callable[[Content], object]) -> Path:
        folder = Path(shutil.copytree(VECTORS, tmp_path / "vectors"))
        content = torch.load(folder / CHECKPOINT, weights_only=True)
        spoil(content)
        (folder / CHECKPOINT).unlink()
        torch.save(content, folder / CHECKPOINT)
        return folder

    return make


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda content: content["encoder"].pop("conv_post.weight"), "encoder.conv_post.weight is missing"),
        (lambda content: content["encoder"].pop("normalize.7.bias"), "encoder.normalize.7.bias is missing"),
        (lambda content: content["generator"].pop("ups.1.weight_v"), "generator.ups.1.weight_v is missing"),
        (
            lambda content: content["quantizer"].pop("quantizer_modules2.1.embedding.weight"),
            "quantizer.quantizer_modules2.1.embedding.weight is missing",
        ),
        (
            lambda content: content["generator"].update({"resblocks.12.convs1.0.bias": torch.zeros(1)}),
            "generator.resblocks.12.convs1.0.bias is not expected",
        ),
        (
            lambda content: content["generator"].update({"conv_post.bias": torch.zeros(2)}),
            "generator.conv_post.bias is of another shape",
        ),
        (lambda content: content.pop("quantizer"), "quantizer is missing"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused_naming_the_key(
    spoil: Callable[[Content], object], message: str, spoilt: Callable[..., Path]
) -> None:
    folder = spoilt(spoil)
    with pytest.raises(WeightsError, match=message.replace(".", r"\.")) as raised:
        nn_hificodec.open_parts(folder, Resources())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resblock": "2"}, "says resblock: '2'; here only '1'"),
        ({"upsample_rates": [8, 5]}, "of no network that can be made here"),
        ({"n_codes": None}, "says nothing of 'n_codes'"),
    ],
)
def test_what_cannot_be_run_is_refused_naming_the_field(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(VECTORS, tmp_path / "vectors"))
    path = folder / "config_16k_320d.json"
    config = {key: value for key, value in {**CONFIG, **change}.items() if key not in change or value is not None}
    path.chmod(0o644)
    path.write_text(json.dumps(config))
    with pytest.raises(WeightsError, match=message):
        nn_hificodec.open_parts(folder, Resources())


def test_weights_in_their_folder_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user has them, but that the network is a small one: codes and samples of the original."""
    widths = nn_hificodec.open_parts(VECTORS, Resources())._network.encoder
    small = partial(
        nn_hificodec.Shape,
        channels=CONFIG["upsample_initial_channel"],
        entries=CONFIG["n_codes"],
        width=widths.input_conv.out_channels,
        latent=widths.output_conv.out_channels,
    )
    monkeypatch.setattr(nn_hificodec, "Shape", small)
    weights = Weights(name="small", files=(WeightsFile(name=CHECKPOINT),), source="here")
    (tmp_path / "small").mkdir()
    shutil.copy(VECTORS / CHECKPOINT, tmp_path / "small")
    codec = nn_hificodec.open_codec(PLUGIN.settings[0], weights, Resources(weights_root=tmp_path))
    (codes,) = codec.encode([Audio(array("input_b"), 16000)])
    np.testing.assert_array_equal(tokens(codes), array("codes_b_padded"))
    (decoded,) = codec.decode([codes])
    np.testing.assert_allclose(decoded.samples[0], array("decoded_b_padded")[: codes.num_samples], atol=1e-4)


@pytest.mark.parametrize("setting", PLUGIN.settings, ids=lambda one: one.name)
def test_missing_weights_say_how_to_get_them(setting: Setting, tmp_path: Path) -> None:
    name = (
        "hificodec_" + {"B1": "16k_320d", "B2": "16k_320d_large_universal", "B3": "24k_320d"}[setting.survey_id or ""]
    )
    with pytest.raises(WeightsMissing, match=rf"codecmark download {name}' or put .*\(Dongchao/AcademiCodec on"):
        PLUGIN.open(setting, Resources(weights_root=tmp_path))


@pytest.mark.parametrize("num_samples", [10 * HOP, 10 * HOP + 1, 10 * HOP - 1, HOP // 2, 1])
def test_every_sample_is_sent_and_comes_back(num_samples: int, voice: Any) -> None:
    """Whole frames of silence behind it or not: as many frames as it takes, and the clip's own length."""
    codec = nn_hificodec.open_parts(VECTORS, Resources()).codec(4)
    (codes,) = codec.encode([voice(seconds=1.0, rate=16000).fit(num_samples)])
    frames = math.ceil(num_samples / HOP)
    assert tokens(codes).shape == (4, frames)
    assert codes.bits == frames * 4 * math.log2(CONFIG["n_codes"])
    assert codec.decode([codes])[0].num_samples == num_samples


def test_a_batch_is_one_by_one(voice: Any) -> None:
    """Of any lengths: those of one length run together."""
    codec = nn_hificodec.open_parts(VECTORS, Resources()).codec(4)
    clips = [voice(seconds=seconds, rate=16000, seed=seed) for seed, seconds in enumerate((0.3, 0.2, 0.3))]
    together = codec.encode(clips)
    for clip, codes, heard in zip(clips, together, codec.decode(together), strict=True):
        (alone,) = codec.encode([clip])
        np.testing.assert_array_equal(tokens(codes), tokens(alone))
        np.testing.assert_allclose(heard.samples, codec.decode([alone])[0].samples, atol=1e-5)


def test_random_weights_use_their_codebooks(voice: Any) -> None:
    """Many tokens in every codebook, an output that is neither silence nor full scale, and all of it the same from
    one seed.
    """
    shape = nn_hificodec.Shape(sample_rate=16000, fields=Fields(), channels=32, width=2, latent=32)
    networks = [randomised(nn_hificodec.HiFiCodec(shape), seed) for seed in (0, 0, 1)]
    codecs = [WholeClips(network, 4, "cpu") for network in networks]
    sent = [codec.encode([voice(seconds=1.0, rate=16000)])[0] for codec in codecs]
    np.testing.assert_array_equal(tokens(sent[0]), tokens(sent[1]))
    assert (tokens(sent[0]) != tokens(sent[2])).mean() > 0.5
    assert min(len(set(stream)) for stream in tokens(sent[0])) > 20
    samples = codecs[0].decode([sent[0]])[0].samples
    assert 0.05 < samples.std() < 0.9
    assert (np.abs(samples) > 0.99).mean() < 0.1
