"""AudioDec beyond its vectors (tests/parity): rows, full size, strict loading, archive, lengths, batches, time."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from codecmark import Audio, Codes, Resources, Setting
from codecmark.codecs.audiodec import PLUGIN
from codecmark.core.errors import WeightsError, WeightsMissing
from codecmark.nn import audiodec as nn_audiodec
from codecmark.nn import configurations, lag
from codecmark.nn.audiodec_network import AudioDec, Autoencoder, Shape, Vocoder
from codecmark.nn.network import randomised
from codecmark.nn.parts import NetworkParts
from codecmark.nn.whole_clips import WholeClips

LIBRITTS = "audiodec_libritts_24k_hop300"
VCTK = "audiodec_vctk_48k_hop300"
C16 = "audiodec_c16_vctk_48k_hop320"
HOP = 300


def tokens(codes: object) -> Any:
    assert isinstance(codes, Codes)
    return np.stack(codes.streams)


def setting_called(name: str) -> Setting:
    (found,) = [one for one in PLUGIN.settings if one.name == name]
    return found


@pytest.fixture(scope="module")
def parity(shared: Path) -> Path:
    """Vectors of the original's own code, a folder for each autoencoder."""
    return shared / "parity"


@pytest.fixture
def copy(parity: Path, tmp_path: Path) -> Path:
    """Vectors to be spoilt."""
    folder = tmp_path / "vectors"
    shutil.copytree(parity / LIBRITTS, folder, copy_function=shutil.copyfile)
    for place in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        place.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def parts(parity: Path) -> NetworkParts:
    return nn_audiodec.open_parts(parity / LIBRITTS, Resources())


def test_settings_are_the_row_of_the_survey_and_its_kin() -> None:
    found = {one.id: (one.survey_id, one.n_codebooks, one.sample_rate, one.kbps) for one in PLUGIN.settings}
    assert found == {
        "audiodec/24khz-v1": ("C", 8, 24000, pytest.approx(6.4)),
        "audiodec/24khz-sym": (None, 8, 24000, pytest.approx(6.4)),
        "audiodec/48khz-v1": (None, 8, 48000, pytest.approx(12.8)),
        "audiodec/48khz-v0": (None, 8, 48000, pytest.approx(12.8)),
        "audiodec/48khz-sym": (None, 8, 48000, pytest.approx(12.8)),
        "audiodec/48khz-c16-sym": (None, 16, 48000, pytest.approx(24.0)),
    }


def test_the_licence_is_said_in_the_listing(cli: Any) -> None:
    rows = [line for line in cli("list", "codecs").out.splitlines() if line.startswith("audiodec/")]
    assert len(rows) == len(PLUGIN.settings)
    assert all("CC-BY-NC-4.0: not for commercial use" in row for row in rows)


MANIFESTS: Mapping[str, Callable[[], nn.Module]] = {
    "symAD_libritts_24000_hop300": lambda: Autoencoder(nn_audiodec.LIBRITTS),
    "symAD_vctk_48000_hop300": lambda: Autoencoder(nn_audiodec.VCTK),
    "symAD_c16_vctk_48000_hop320": lambda: Autoencoder(nn_audiodec.VCTK_C16),
    "AudioDec_v0_symAD_vctk_48000_hop300_clean": lambda: Vocoder(nn_audiodec.V0),
    "AudioDec_v1_symAD_vctk_48000_hop300_clean": lambda: Vocoder(nn_audiodec.V1),
    "AudioDec_v1_symAD_libritts_24000_hop300_clean": lambda: Vocoder(nn_audiodec.V1),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_full_size_networks_take_the_tensors_of_the_original(name: str, shared: Path) -> None:
    """Names and shapes, on a device that holds no numbers."""
    shapes = json.loads((shared / f"parity/manifests/audiodec_{name}.json").read_text())
    with torch.device("meta"):
        stored = {key: torch.empty(shape) for key, shape in shapes.items()}
        network = nn_audiodec.Checkpoint(Path(name), {"model": {"generator": stored}}).fill(MANIFESTS[name]())
    unused = ("weight_g", "pad_buffer", "cluster_size", "embed_avg")
    kept = sum(math.prod(shape) for key, shape in shapes.items() if not key.endswith(unused))
    assert sum(one.numel() for one in network.state_dict().values()) == kept


def test_the_card_counts_the_parameters_of_row_c() -> None:
    with torch.device("meta"):
        network = AudioDec(nn_audiodec.LIBRITTS, Autoencoder(nn_audiodec.LIBRITTS), Vocoder(nn_audiodec.V1))
    assert sum(one.numel() for one in network.parameters()) == PLUGIN.card.params


def rewritten(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = torch.load(path, weights_only=True)
    change(content["model"]["generator"])
    path.unlink()
    torch.save(content, path)


@pytest.mark.parametrize(
    ("role", "change", "message"),
    [
        ("encoder", lambda one: one.pop("projector.project.conv.weight"), "projector.project.conv.weight is missing"),
        (
            "encoder",
            lambda one: one.pop("quantizer.codebook.layers.3.embed"),
            "quantizer.codebook.layers.3.embed is missing",
        ),
        (
            "sym_decoder",
            lambda one: one.pop("decoder.conv_blocks.1.conv.deconv.bias"),
            "decoder.conv_blocks.1.conv.deconv.bias is missing",
        ),
        (
            "encoder",
            lambda one: one.update({"encoder.conv_blocks.9.conv.conv.bias": torch.zeros(1)}),
            "encoder.conv_blocks.9.conv.conv.bias is not expected",
        ),
        ("vocoder", lambda one: one.pop("mean"), "mean is missing"),
        ("vocoder", lambda one: one.pop("blocks.2.conv_out.weight_g"), "blocks.2.conv_out.weight_g is missing"),
        ("vocoder", lambda one: one.update({"scale": torch.ones(1)}), "scale is of another shape"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused_naming_the_key(
    role: str, change: Callable[[dict[str, Any]], object], message: str, copy: Path
) -> None:
    rewritten(copy / json.loads((copy / "meta.json").read_text())["checkpoints"][role], change)
    with pytest.raises(WeightsError, match=message.replace(".", r"\.")) as raised:
        nn_audiodec.open_parts(copy, Resources())
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_checkpoint_of_audiodec_is_refused(copy: Path) -> None:
    (path,) = copy.glob("exp/vocoder/*/*.pkl")
    path.unlink()
    torch.save({"generator": {}}, path)
    with pytest.raises(WeightsError, match=r"checkpoint-500000steps\.pkl is of another model: model is missing"):
        nn_audiodec.open_parts(copy, Resources())


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("autoencoder", {"codec": "activate_audiodec"}, "says codec: 'activate_audiodec'; here only 'audiodec'"),
        ("autoencoder", {"mode": "noncausal"}, "says mode: 'noncausal'; here only 'causal'"),
        ("vocoder", {"nonlinear_activation_params": {"negative_slope": 0.2}}, "nonlinear_activation_params"),
        ("vocoder", {"upsample_scales": [5, 5]}, "of no network that can be made here"),
        ("autoencoder", {"code_dim": "wide"}, "of no network that can be made here"),
        ("vocoder", {"upsample_scales": None}, "says nothing of 'upsample_scales'"),
    ],
)
def test_what_cannot_be_run_is_refused_naming_the_field(
    kind: str, change: dict[str, Any], message: str, copy: Path
) -> None:
    (path,) = copy.glob(f"exp/{kind}/*/config.yml")
    config = yaml.safe_load(path.read_text())
    config["generator_params"] |= change
    config["generator_params"] = {key: value for key, value in config["generator_params"].items() if value is not None}
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(WeightsError, match=message):
        nn_audiodec.open_parts(copy, Resources())


@pytest.fixture
def unpacked(parity: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights root with what exp.zip becomes in its folder `audiodec`, but that the networks are small ones."""
    small: dict[str, tuple[Shape, Any]] = {}
    for vectors, version, names in ((LIBRITTS, "v1", "24khz"), (VCTK, "v0", "48khz"), (C16, "", "48khz-c16")):
        folder = parity / vectors
        shutil.copytree(folder / "exp", tmp_path / "audiodec/exp", dirs_exist_ok=True)
        (path,) = folder.glob("exp/autoencoder/*/config.yml")
        small[f"{names}-sym"] = (nn_audiodec.shape_of(configurations.read(path)), None)
        for vocoder in folder.glob("exp/vocoder/*/config.yml"):
            shape = nn_audiodec.vocoder_shape_of(configurations.read(vocoder))
            small[f"{names}-{version}"] = (small[f"{names}-sym"][0], shape)
    monkeypatch.setattr(nn_audiodec, "MODELS", small)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "vectors", "decoder"),
    [
        ("24khz-v1", LIBRITTS, "vocoder"),
        ("24khz-sym", LIBRITTS, "sym"),
        ("48khz-v0", VCTK, "vocoder"),
        ("48khz-sym", VCTK, "sym"),
        ("48khz-c16-sym", C16, "sym"),
    ],
)
def test_the_unpacked_archive_is_found_and_opened(
    name: str, vectors: str, decoder: str, unpacked: Path, parity: Path
) -> None:
    """Codes and samples of the original, in the original's own layout: the right step of each network."""
    setting = setting_called(name)
    codec = PLUGIN.open(setting, Resources(weights_root=unpacked))
    (codes,) = codec.encode([Audio(np.load(parity / vectors / "input_b.npy"), setting.sample_rate or 0)])
    np.testing.assert_array_equal(tokens(codes), np.load(parity / vectors / "codes_b.npy"))
    expected = np.load(parity / vectors / f"decoded_b_{decoder}.npy")
    (decoded,) = codec.decode([codes])
    np.testing.assert_allclose(decoded.samples[0], expected[: codes.num_samples], atol=1e-4)


@pytest.mark.parametrize("setting", PLUGIN.settings, ids=lambda one: one.name)
def test_missing_weights_say_how_to_get_them(setting: Setting, tmp_path: Path) -> None:
    name = f"audiodec_{setting.name.replace('-', '_')}"
    wanted = (
        rf"codecmark download {name}' or put autoencoder/.* into <weights root>/audiodec/exp \(.*exp\.zip of release"
    )
    with pytest.raises(WeightsMissing, match=wanted):
        PLUGIN.open(setting, Resources(weights_root=tmp_path))


@pytest.mark.parametrize("num_samples", [10 * HOP, 10 * HOP + 1, 10 * HOP - 1, HOP // 2, 1])
def test_as_many_frames_as_it_takes_and_the_length_of_the_clip(
    num_samples: int, voice: Any, parts: NetworkParts
) -> None:
    codec = parts.codec(8)
    (codes,) = codec.encode([voice(seconds=1.0, rate=24000).fit(num_samples)])
    frames = math.ceil(num_samples / HOP)
    assert tokens(codes).shape == (8, frames)
    assert codes.bits == frames * 8 * math.log2(codes.codebook_sizes[0])
    assert codec.decode([codes])[0].num_samples == num_samples


def test_a_batch_of_any_lengths_is_one_by_one(voice: Any, parts: NetworkParts) -> None:
    codec = parts.codec(8)
    clips = [voice(seconds=seconds, rate=24000, seed=seed) for seed, seconds in enumerate((0.3, 0.2001, 0.011, 0.3))]
    together = codec.encode(clips)
    for clip, codes, heard in zip(clips, together, codec.decode(together), strict=True):
        (alone,) = codec.encode([clip])
        np.testing.assert_array_equal(tokens(codes), tokens(alone))
        np.testing.assert_allclose(heard.samples, codec.decode([alone])[0].samples, atol=1e-4)


@pytest.mark.parametrize("decoder", ["sym", "vocoder"])
def test_a_frame_ends_with_its_first_sample_and_sounds_from_there(decoder: str, parts: NetworkParts) -> None:
    """What the card says of its alignment: nothing looks ahead, not even to the end of a frame."""
    samples = np.random.default_rng(0).normal(0, 0.1, 20 * HOP).astype(np.float32)
    latent = parts.latent(samples)
    for at, frame in ((10 * HOP, 10), (10 * HOP + 1, 11), (11 * HOP - 1, 11)):
        changed = samples.copy()
        changed[at] += 0.5
        assert np.flatnonzero((parts.latent(changed) != latent).any(axis=0))[0] == frame
    codes = parts.codes(samples, 8)
    other = codes.copy()
    other[:, 10] = (other[:, 10] + 7) % 32
    heard, altered = (parts.decoded(one, {}, decoder) for one in (codes, other))
    assert 10 * HOP <= np.flatnonzero(np.abs(heard - altered) > 1e-6)[0] < 11 * HOP


@pytest.mark.parametrize("vocoder", [None, "v0", "v1"])
def test_random_weights_use_their_codebooks(vocoder: str | None, voice: Any) -> None:
    """Many tokens in every codebook, an output that is neither silence nor full scale, and all of it the same from
    one seed.
    """
    shape = Shape(sample_rate=24000, encoder_width=4, decoder_width=4, dimension=16)

    def network(seed: int) -> AudioDec:
        autoencoder = Autoencoder(shape)
        kinds = {"v0": nn_audiodec.V0, "v1": nn_audiodec.V1}
        if vocoder is None:
            return randomised(AudioDec(shape, autoencoder, autoencoder.decoder), seed)
        growth = dataclasses.replace(nn_audiodec.GROWTH, channels_in=16, channels=32)
        return randomised(
            AudioDec(shape, autoencoder, Vocoder(dataclasses.replace(kinds[vocoder], growth=growth))), seed
        )

    codecs = [WholeClips(network(seed), 8, "cpu") for seed in (0, 0, 1)]
    sent = [codec.encode([voice(seconds=1.0, rate=24000)])[0] for codec in codecs]
    np.testing.assert_array_equal(tokens(sent[0]), tokens(sent[1]))
    assert (tokens(sent[0]) != tokens(sent[2])).mean() > 0.5
    assert min(len(set(stream)) for stream in tokens(sent[0])) > 15
    assert 0.05 < codecs[0].decode([sent[0]])[0].samples.std() < 2


def test_published_outputs_are_as_late_as_the_card_says(shared: Path) -> None:
    """By envelopes, in milliseconds: 24 kHz, then 48 kHz."""
    folder = shared / "data/codec_outputs_audiodec_demo"
    late: dict[int, list[float]] = {24000: [], 48000: []}
    for row in map(json.loads, (folder / "manifest.jsonl").read_text().splitlines()):
        if row["system"].startswith("AudioDec"):
            (reference,) = (shared / "data").glob(f"{row['reference']}.*")
            original = Audio.read(reference)
            decoded = Audio.read(folder / row["path"]).fit(original.num_samples)
            peak = lag.envelope_peak(lag.analyse(original), lag.analyse(decoded))
            late[row["sample_rate"]].append(peak.lag * 1000 / lag.FRAME_RATE)
    assert [len(found) for found in late.values()] == [6, 6]
    assert np.mean(late[24000]) == pytest.approx(9, abs=0.5)
    assert np.mean(late[48000]) == pytest.approx(4, abs=0.5)
    assert np.ptp(late[24000]) > 0.5
