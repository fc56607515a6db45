"""Mimi against transformers' own run of the same checkpoint, in batches and one by one; its names, rates, lengths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from codecmark import Audio, Codes, Resources
from codecmark.codecs.mimi import PLUGIN
from codecmark.core.errors import WeightsError, WeightsMissing
from codecmark.nn import checkpoints
from codecmark.nn import mimi as nn_mimi
from codecmark.nn.network import randomised
from codecmark.nn.whole_clips import WholeClips

Array = NDArray[Any]
SMALL = nn_mimi.MimiConfig(
    num_filters=4,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=2,
    num_key_value_heads=2,
    sliding_window=6,
    layer_scale_initial_scale=0.5,
    upsample_groups=32,
    codebook_size=64,
    codebook_dim=12,
    vector_quantization_hidden_dimension=12,
    num_quantizers=6,
)


def tokens(codes: object) -> Array:
    assert isinstance(codes, Codes)
    return np.stack(codes.streams)


@pytest.fixture(scope="module")
def original() -> Any:
    """A small model of transformers with codebooks as training leaves them: sums of vectors, and their numbers."""
    torch.manual_seed(0)
    model: Any = nn_mimi.MimiModel(SMALL)
    for module in model.modules():
        if hasattr(module, "embed_sum"):
            module.embed_sum.normal_()
            module.cluster_usage.uniform_(0.5, 4)
            module.cluster_usage[0] = 0.0
    return model.eval()


@pytest.fixture(scope="module")
def checkpoint(original: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As transformers writes it, under the names of the published one."""
    folder = tmp_path_factory.mktemp("mimi")
    original.save_pretrained(folder)
    return folder / "model.safetensors"


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> nn_mimi.MimiNetwork:
    return nn_mimi.loaded(nn_mimi.MimiNetwork(SMALL), checkpoint, load_file(checkpoint))


@pytest.mark.parametrize("codebooks", [1, 4, 6])
@pytest.mark.parametrize("num_samples", [9 * 1920, 20 * 1920 - 700])
@torch.inference_mode()
def test_equals_transformers(
    codebooks: int, num_samples: int, original: Any, network: nn_mimi.MimiNetwork, voice: Any
) -> None:
    """On a clip filled up to whole frames."""
    codec, clip = WholeClips(network, codebooks, "cpu"), voice(rate=24000, seconds=2.0).fit(num_samples)
    (codes,) = codec.encode([clip])
    (decoded,) = codec.decode([codes])
    filled = torch.tensor(clip.fit(-(-num_samples // 1920) * 1920).samples)[None]
    expected = original.encode(filled, num_quantizers=codebooks).audio_codes
    np.testing.assert_array_equal(tokens(codes), expected[0].numpy())
    heard = original.decode(expected).audio_values[0, :, :num_samples].numpy()
    np.testing.assert_allclose(decoded.samples, heard, atol=1e-4 * np.abs(heard).max())


def test_a_clip_in_a_batch_is_as_alone(network: nn_mimi.MimiNetwork, voice: Any) -> None:
    codec = WholeClips(network, 6, "cpu")
    clips = [voice(rate=24000).fit(length) for length in (1, 1000, 1919, 1920, 1921, 24000, 23041)]
    alone = [codec.encode([clip])[0] for clip in clips]
    for clip, one, other, audio in zip(clips, alone, codec.encode(clips), codec.decode(alone), strict=True):
        np.testing.assert_array_equal(tokens(one), tokens(other))
        assert tokens(one).shape == (6, -(-clip.num_samples // 1920))
        assert one.bits == tokens(one).size * 6
        assert audio.num_samples == clip.num_samples
        np.testing.assert_allclose(audio.samples, codec.decode([one])[0].samples, atol=1e-4)


def test_what_comes_later_changes_nothing_before(network: nn_mimi.MimiNetwork, voice: Any) -> None:
    codec = WholeClips(network, 6, "cpu")
    one = voice(rate=24000, seconds=1.6)
    changed = one.samples.copy()
    changed[:, 10 * 1920 :] *= -0.5
    before, after = (tokens(codec.encode([clip])[0]) for clip in (one, Audio(changed, 24000)))
    np.testing.assert_array_equal(before[:, :10], after[:, :10])
    assert (before[:, 10:] != after[:, 10:]).any()
    heard, other = (
        codec.decode([Codes(list(rows), (64,) * 6, one.num_samples)])[0].samples[0] for rows in (before, after)
    )
    np.testing.assert_allclose(heard[: 10 * 1920], other[: 10 * 1920], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("encoder_transformer.layers.0.mlp.fc1.weight", "encoder_transformer.layers.0.mlp.fc1.weight is missing"),
        ("quantizer.acoustic_residual_vector_quantizer.layers.2.codebook.embed_sum", "layers.2.codebook.embed is mis"),
        ("quantizer.semantic_residual_vector_quantizer.layers.0.codebook.cluster_usage", "embed is missing"),
        ("upsample.conv.bias", "upsample.conv.bias is not expected"),
    ],
)
def test_checkpoints_fit_to_the_last_key(name: str, message: str, checkpoint: Path, tmp_path: Path) -> None:
    tensors = load_file(checkpoint)
    if tensors.pop(name, None) is None:
        tensors[name] = torch.zeros(1)
    save_file(tensors, tmp_path / "model.safetensors")
    path, content = checkpoints.only_file(tmp_path, PLUGIN.weights(PLUGIN.settings[0]), Resources())  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match=message):
        nn_mimi.loaded(nn_mimi.MimiNetwork(SMALL), path, content)


def test_the_published_network_has_its_size() -> None:
    """79,308,609 parameters and 350 tensors of 96,151,393 numbers: what the header of the published file says. A
    codebook of ours is one of its three tensors; the others are a count for each entry and a flag."""
    with torch.device("meta"):
        state = nn_mimi.MimiNetwork(nn_mimi.MimiConfig()).state_dict()
    books = [one for name, one in state.items() if name.endswith(".embed")]
    assert len(state) + 2 * len(books) == 350
    assert sum(one.numel() for one in state.values()) + sum(len(one) + 1 for one in books) == 96_151_393
    weights = [one for name, one in state.items() if not name.endswith(".embed")]
    assert sum(one.numel() for one in weights) == PLUGIN.card.params == 79_308_609


def test_settings() -> None:
    found = {row.id: (row.n_codebooks, row.frame_rate, row.kbps) for row in PLUGIN.settings}
    assert found == {"mimi/24khz-8": (8, 12.5, 1.1), "mimi/24khz-32": (32, 12.5, 4.4)}


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="codecmark download mimi"):
        PLUGIN.open(PLUGIN.settings[0], Resources(weights_root=tmp_path))


def test_random_weights_use_their_codebooks(voice: Any) -> None:
    """Many tokens in every codebook, an output neither dead nor endless, and all of it the same from one seed."""
    clip, sent = voice(rate=24000, seconds=6.0), []
    for seed in (0, 0, 1):
        codec = WholeClips(randomised(nn_mimi.MimiNetwork(SMALL), seed), 6, "cpu")
        sent.append(codec.encode([clip])[0])
    np.testing.assert_array_equal(tokens(sent[0]), tokens(sent[1]))
    assert (tokens(sent[0]) != tokens(sent[2])).mean() > 0.5
    assert min(len(set(stream)) for stream in tokens(sent[0])) > 5
    assert 0.01 < codec.decode([sent[2]])[0].peak < 1000
