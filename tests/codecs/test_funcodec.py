"""FunCodec: its settings, its checkpoints to the last key, its configurations, its batches and what it sends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from numpy.typing import NDArray

from codecmark import Audio, Codes, Resources
from codecmark.codecs.funcodec import PLUGIN
from codecmark.core.contracts import Codec
from codecmark.core.errors import WeightsError, WeightsMissing
from codecmark.nn import funcodec as nn_funcodec
from codecmark.nn import funcodec_configs
from codecmark.nn.configurations import Configuration
from codecmark.nn.freqcodec import FreqCodec, Spectra
from codecmark.nn.network import randomised
from codecmark.nn.rvq import Codebook
from codecmark.nn.seanet2d import Half
from codecmark.nn.whole_clips import WholeClips

Array = NDArray[Any]
HOPS = {
    "funcodec_nq32ds320": 320,
    "funcodec_nq32ds640": 640,
    "funcodec_freqcodec_gr1nq32ds320": 320,
    "funcodec_freqcodec_gr8nq32ds320": 320,
    "funcodec_freqcodec_lstm_nq32ds320": 320,
}
LSTM = {"seq_model": "lstm", "n_filters": 32, "conv_group_ratio": -1}
MANIFESTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "funcodec_nq32ds320": ("nq32ds320", {}),
    "funcodec_nq32ds640": ("nq32ds640", {}),
    "funcodec_freqcodec_magphase_nq32ds320": ("gr8nq32ds320", LSTM),
    "funcodec_freqcodec_magphase_nq32ds640": (
        "gr8nq32ds320",
        {**LSTM, "ratios": [[4, 2], [4, 1], [4, 2], [4, 1]]},
    ),
}
"""The published model whose configuration each one has, and what its halves have otherwise."""


def parts(folder: Path) -> Any:
    assert PLUGIN.parts is not None
    return PLUGIN.parts(folder, Resources())


def tokens(codes: object) -> Array:
    assert isinstance(codes, Codes)
    return np.stack(codes.streams)


def configuration(network: str, halves: Mapping[str, Any], **parts: Mapping[str, Any]) -> Configuration:
    """That of a published model, with other values of both halves, and of single parts."""
    changed = {"encoder_conf": halves, "decoder_conf": halves}
    content = dict(funcodec_configs.published(network))
    for part, values in [*changed.items(), *parts.items()]:
        content[part] = {**content[part], **values}
    return Configuration(content, "the configuration")


def test_settings_are_the_rows_of_the_survey() -> None:
    """As in Tab.01, where bps are kbit/s."""
    found = {row.survey_id: (row.id, row.sample_rate, row.n_codebooks, row.kbps) for row in PLUGIN.settings}
    assert found == {
        "F1": ("funcodec/en-libritts-16k-gr1nq32ds320", 16000, 32, 16.0),
        "F2": ("funcodec/en-libritts-16k-gr8nq32ds320", 16000, 32, 16.0),
        "F3": ("funcodec/en-libritts-16k-nq32ds320", 16000, 32, 16.0),
        "F4": ("funcodec/en-libritts-16k-nq32ds640", 16000, 32, 8.0),
        "F5": ("funcodec/zh_en-general-16k-nq32ds320", 16000, 32, 16.0),
        "F6": ("funcodec/zh_en-general-16k-nq32ds640", 16000, 32, 8.0),
    }


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    wanted = "codecmark download funcodec_en-libritts-16k-gr1nq32ds320' or put config.yaml, model.pth"
    with pytest.raises(WeightsMissing, match=wanted):
        PLUGIN.open(PLUGIN.settings[0], Resources(weights_root=tmp_path))


def test_weights_are_where_the_makers_put_them() -> None:
    """The names in the README of the original."""
    repositories = {file.repo for row in PLUGIN.settings for file in getattr(PLUGIN.weights(row), "files", ())}
    assert repositories == {
        f"alibaba-damo/audio_codec-{name}-pytorch"
        for name in (
            "encodec-zh_en-general-16k-nq32ds640",
            "encodec-zh_en-general-16k-nq32ds320",
            "encodec-en-libritts-16k-nq32ds640",
            "encodec-en-libritts-16k-nq32ds320",
            "freqcodec_magphase-en-libritts-16k-gr8nq32ds320",
            "freqcodec_magphase-en-libritts-16k-gr1nq32ds320",
        )
    }


def test_what_is_assumed_is_said() -> None:
    for row in PLUGIN.settings:
        assumed = "assumed where weights are random" if row.survey_id in ("F1", "F2") else None
        assert row.options.get("configuration") == assumed
    assert "is assumed" in PLUGIN.card.notes[-1]
    sizes = {}
    for name in ("gr1nq32ds320", "gr8nq32ds320"):
        network = funcodec_configs.network_of(funcodec_configs.published(name))
        halves = [one for part, one in network.named_parameters() if not part.startswith("quantizer")]
        sizes[name] = sum(one.numel() for one in halves) / 1e6
    assert sizes == {"gr1nq32ds320": pytest.approx(0.51, abs=0.005), "gr8nq32ds320": pytest.approx(4.30, abs=0.005)}


def shapes(name: str, shared: Path) -> dict[str, torch.Tensor]:
    """The tensors of a full-size checkpoint, holding no numbers."""
    manifest = json.loads((shared / f"parity/manifests/{name}.json").read_text())
    return {key: torch.empty(shape, device="meta") for key, shape in manifest.items()}


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_full_size_network_takes_the_tensors_of_the_original(name: str, shared: Path) -> None:
    """All of its encoder, its decoder and its codebooks, and nothing else has a place."""
    stored = shapes(name, shared)
    network, halves = MANIFESTS[name]
    with torch.device("meta"):
        made = funcodec_configs.network_of(configuration(network, halves))
    nn_funcodec.fill(made, stored, Path("model.pth"))
    used = [key for key in stored if key.startswith(("encoder.", "decoder.")) or key == "quantizer.rq.model.embed"]
    assert sum(one.numel() for one in made.state_dict().values()) == sum(stored[key].numel() for key in used)
    for key in used:
        with pytest.raises(WeightsError, match=r"is missing|are missing"):
            nn_funcodec.fill(made, {name: one for name, one in stored.items() if name != key}, Path("model.pth"))


@pytest.mark.parametrize("name", ["funcodec_nq32ds640", "funcodec_freqcodec_gr8nq32ds320"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder.model.0.conv.conv.bias": None}, "0(.conv)?.conv.bias is missing"),
        ({"decoder.extra.weight": torch.zeros(1)}, "decoder.extra.weight is not expected"),
        ({"quantizer.rq.output_proj.weight": torch.zeros(1)}, "quantizer.rq.output_proj.weight is not expected"),
        ({"quantizer.rq.model.embed": torch.zeros(31, 64, 4)}, "31.*embed is missing.*of another shape"),
        (
            {
                "discriminator.more": torch.zeros(1),
                "mel_spec_transforms.9.window": torch.zeros(1),
                "enc_trans_func.window": None,
            },
            None,
        ),
    ],
)
def test_checkpoints_fit_to_the_last_key(
    name: str, change: Mapping[str, Any], message: str | None, shared: Path, tmp_path: Path
) -> None:
    folder = shared / "parity" / name
    shutil.copy(folder / "config.yaml", tmp_path)
    changed = {**torch.load(folder / "model.pth", weights_only=True), **change}
    torch.save({key: one for key, one in changed.items() if one is not None}, tmp_path / "model.pth")
    if message is None:
        parts(tmp_path)
    else:
        with pytest.raises(WeightsError, match=message) as raised:
            parts(tmp_path)
        assert str(tmp_path / "model.pth") in str(raised.value)


def test_a_checkpoint_that_holds_no_tensors_is_refused(shared: Path, tmp_path: Path) -> None:
    shutil.copy(shared / "parity/funcodec_nq32ds320/config.yaml", tmp_path)
    torch.save([1, 2], tmp_path / "model.pth")
    with pytest.raises(WeightsError, match=r"model\.pth holds no tensors by name"):
        parts(tmp_path)


def test_a_checkpoint_of_another_setting_is_refused(shared: Path, tmp_path: Path) -> None:
    """Its configuration decides what is built; what the setting promises must come of it."""
    setting = next(row for row in PLUGIN.settings if row.survey_id == "F4")
    shutil.copytree(shared / "parity/funcodec_nq32ds320", tmp_path / f"funcodec_{setting.name}")
    message = (
        "nq32ds640 is of another model: 16000 Hz, 32 codebooks of 64 entries at 50 frames/s, "
        "expected is 16000 Hz, 32 codebooks of 1024 entries at 25 frames/s"
    )
    with pytest.raises(WeightsError, match=message):
        PLUGIN.open(setting, Resources(weights_root=tmp_path))


def changed(folder: Path, tmp_path: Path, **changes: Mapping[str, Any]) -> Path:
    """A copy of a folder whose configuration has other values, by part."""
    config = yaml.safe_load((folder / "config.yaml").read_text())
    for part, values in changes.items():
        config[part] = {**config[part], **values} if isinstance(values, Mapping) else values
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    shutil.copy(folder / "model.pth", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("nq32ds320", {"model": "soundstream"}, "model: 'soundstream'"),
        ("nq32ds320", {"encoder": "conformer"}, "encoder: 'conformer'"),
        ("nq32ds320", {"model_conf": {"segment_dur": 1.0}}, "segment_dur: 1.0; here only None"),
        ("nq32ds320", {"quantizer_conf": {"codec_dim": 8}}, "codec_dim: 8"),
        ("nq32ds320", {"encoder_conf": {"seq_model": "transformer"}}, "'encoder_conf' says seq_model: 'transformer'"),
        ("nq32ds320", {"decoder_conf": {"twists": 3}}, "'decoder_conf' has options that are not known here: twists"),
        ("nq32ds320", {"encoder_conf": {"norm": "layer_norm"}}, "norm_type must be one of"),
        ("nq32ds320", {"encoder_conf": {"ratios": [8, 5, 4]}}, "is of another model"),
        ("nq32ds320", {"quantizer_conf": {"codebook_size": 100}}, "power of 2"),
        ("freqcodec_gr8nq32ds320", {"model_conf": {"codec_domain": ["stft", "stft"]}}, "codec_domain: .'stft', 'stft'"),
        ("freqcodec_gr8nq32ds320", {"encoder_conf": {"seq_model": "transformer"}}, "not one of lstm, none"),
        ("freqcodec_gr8nq32ds320", {"decoder_conf": {"norm": "layer_norm"}}, "not one of time_group_norm"),
        ("freqcodec_gr8nq32ds320", {"encoder_conf": {"conv_group_ratio": 8}}, "groups must be"),
        ("freqcodec_gr8nq32ds320", {"encoder_conf": {"ratios": [[4, 1], [4]]}}, "not enough values to unpack"),
        ("freqcodec_gr8nq32ds320", {"decoder_conf": {"is_complex": True}}, "not known here: is_complex"),
    ],
)
def test_a_network_that_is_built_otherwise_is_refused(
    name: str, changes: Mapping[str, Any], message: str, shared: Path, tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=message) as raised:
        parts(changed(shared / f"parity/funcodec_{name}", tmp_path, **changes))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("network", "encoder", "decoder", "hop"),
    [
        ("nq32ds320", {"n_filters": 3, "dimension": 5}, {"n_filters": 4}, 320),
        ("nq32ds320", {"ratios": [4, 2], "norm": "weight_norm", "causal": True}, {"norm": "weight_norm"}, 8),
        ("nq32ds320", {"seq_layer_num": 1, "n_residual_layers": 2, "kernel_size": 5}, {"compress": 1}, 320),
        ("gr1nq32ds320", {"n_filters": 4, "dimension": 5, "seq_model": "lstm"}, {"n_filters": 6}, 320),
        ("gr1nq32ds320", {"norm": "weight_norm", "causal": True}, {"norm": "none", "causal": True}, 320),
        ("gr8nq32ds320", {"ratios": [[4, 2], [8, 1], [8, 2]], "conv_group_ratio": 1}, {"true_skip": True}, 640),
        ("gr8nq32ds320", {"kernel_size": 5, "n_residual_layers": 2, "dilation_base": 3}, {"compress": 1}, 320),
    ],
)
def test_widths_come_from_the_configuration(network: str, encoder: Any, decoder: Any, hop: int, voice: Any) -> None:
    shared_options = {"n_filters": 4, "conv_group_ratio": 1} if network.startswith("gr") else {"n_filters": 2}
    ratios = {"ratios": encoder["ratios"]} if "ratios" in encoder else {}
    config = configuration(
        network,
        {**shared_options, **ratios},
        encoder_conf=encoder,
        decoder_conf=decoder,
        quantizer_conf={"num_quantizers": 7, "codebook_size": 16},
    )
    made = randomised(funcodec_configs.network_of(config), seed=0)
    codec, clip = WholeClips(made, 7, "cpu"), voice(seconds=0.3)
    (codes,) = codec.encode([clip])
    (decoded,) = codec.decode([codes])
    steps, taken = (clip.num_samples // 160 + 1, hop // 160) if network.startswith("gr") else (clip.num_samples, hop)
    assert tokens(codes).shape == (7, -(-steps // taken))
    assert 1 < tokens(codes).max() < 16
    assert (made.hop, made.codebook_sizes) == (hop, (16,) * 7)
    assert decoded.num_samples == clip.num_samples


@pytest.fixture(scope="module", params=HOPS)
def folder(request: pytest.FixtureRequest, shared: Path) -> Path:
    return shared / "parity" / str(request.param)


@pytest.fixture(scope="module")
def codec(folder: Path) -> Codec:
    made: Codec = parts(folder).codec(8)
    return made


def test_lengths_and_bits(codec: Codec, folder: Path, voice: Any) -> None:
    """As many frames as the plug-in says, six bits a token here, and besides them one float32 for the loudness."""
    (setting,) = (row for row in PLUGIN.settings if row.survey_id == ("F1" if "freq" in folder.name else "F3"))
    for num_samples in (2, 100, 159, 160, 161, 319, 320, 321, 639, 640, 641, 5000):
        (codes,) = codec.encode([voice(seconds=1.0).fit(num_samples)])
        (decoded,) = codec.decode([codes])
        assert isinstance(codes, Codes)
        assert decoded.samples.shape == (1, num_samples)
        assert (codes.side["scale"].shape, codes.side_bits) == ((1,), 32)
        assert codes.bits == tokens(codes).size * 6 + 32
        frames = PLUGIN.frames(setting, num_samples)[0] if HOPS[folder.name] == 320 else -(-num_samples // 640)
        assert tokens(codes).shape == (8, frames)


def test_a_clip_in_a_batch_is_as_alone(codec: Codec, voice: Any) -> None:
    """Zeros behind a clip would change all of it; so only clips of one length are run together."""
    clips = [voice(seconds=seconds, seed=seed) for seed, seconds in enumerate((0.5, 0.31, 0.5, 0.1))]
    alone = [codec.encode([clip])[0] for clip in clips]
    heard = codec.decode(alone)
    for clip, one, other, audio in zip(clips, alone, codec.encode(clips), heard, strict=True):
        assert isinstance(one, Codes)
        assert isinstance(other, Codes)
        np.testing.assert_array_equal(tokens(one), tokens(other))
        np.testing.assert_allclose(one.side["scale"], other.side["scale"], rtol=1e-6)
        np.testing.assert_allclose(audio.samples, codec.decode([one])[0].samples, atol=1e-5)
        assert audio.num_samples == clip.num_samples


def test_the_scale_carries_the_loudness(codec: Codec, voice: Any) -> None:
    """The RMS of the clip; the codes of a quieter one are the same. Silence has its codes, too."""
    clip = voice(seconds=0.5)
    loud, quiet, silent = codec.encode([clip, Audio(clip.samples / 4, 16000), Audio(0 * clip.samples, 16000)])
    assert isinstance(loud, Codes)
    assert loud.side["scale"] == pytest.approx(np.sqrt(np.mean(clip.samples.astype(np.float64) ** 2)), rel=1e-5)
    np.testing.assert_array_equal(tokens(loud), tokens(quiet))
    one, other, nothing = codec.decode([loud, quiet, silent])
    np.testing.assert_allclose(one.samples, 4 * other.samples, rtol=1e-4, atol=1e-6)
    assert nothing.peak < 1e-6


def test_fewer_codebooks_are_a_prefix(folder: Path, voice: Any) -> None:
    made, clip = parts(folder), voice(seconds=0.4)
    whole, few = (tokens(made.codec(codebooks).encode([clip])[0]) for codebooks in (32, 3))
    np.testing.assert_array_equal(whole[:3], few)


@pytest.mark.parametrize("network", ["nq32ds320", "nq32ds640", "gr1nq32ds320", "gr8nq32ds320"])
def test_random_weights_use_their_codebooks(network: str, voice: Any) -> None:
    """Many tokens in every codebook, an output neither dead nor endless, and all of it the same from one seed."""
    narrow = configuration(network, {"n_filters": 4, **({"conv_group_ratio": 1} if network.startswith("gr") else {})})
    clip, sent = voice(seconds=2.0), []
    for seed in (0, 0, 1):
        codec = WholeClips(randomised(funcodec_configs.network_of(narrow), seed), 32, "cpu")
        sent.append(codec.encode([clip])[0])
    np.testing.assert_array_equal(tokens(sent[0]), tokens(sent[1]))
    assert (tokens(sent[0]) != tokens(sent[2])).mean() > 0.5
    assert min(len(set(stream)) for stream in tokens(sent[0])) > 10
    assert 0.001 < codec.decode([sent[2]])[0].peak < 1000


@pytest.mark.parametrize("ratios", [((4, 1), (4, 1), (4, 2), (4, 1)), ((4, 2), (4, 1), (4, 1), (4, 2))])
def test_what_fills_up_the_first_frame_is_taken_away_again(ratios: Any, voice: Any) -> None:
    """Without norms, what a clip and the same one with more in front give differs at its ends only. The longest one
    here needs no filling, as the clips FreqCodec was trained on; all others are in time with it."""
    half = Half(n_filters=2, dimension=6, ratios=ratios, norm="none", seq_model="none", dilation_base=1)
    spectra = Spectra(sample_rate=16000)
    made = randomised(FreqCodec(half, half, spectra, [Codebook(64, 6) for _ in range(4)]), seed=0)
    codec = WholeClips(made, 4, "cpu")
    longest = voice(seconds=4.0).fit(399 * 160)
    heard, delays = {}, {}
    for steps in (399, 398, 397, 396):
        cut = (399 - steps) * 160
        clip = Audio(longest.samples[:, cut:], 16000)
        delays[steps] = made.delay(clip.num_samples)
        heard[steps] = codec.decode(codec.encode([clip]))[0].samples[0, 16000 - cut : -16000]
    filled = made.hop // 160
    assert delays == {steps: -(steps + 1) % filled * 160 for steps in heard}
    assert np.abs(heard[399]).max() > 0.01
    for steps in (398, 397, 396):
        np.testing.assert_allclose(heard[steps], heard[399], atol=1e-4)
