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
from codecmark.nn.configurations import Configuration
from codecmark.nn.network import randomised
from codecmark.nn.whole_clips import WholeClips

Array = NDArray[Any]
FOLDERS = ("funcodec_nq32ds320", "funcodec_nq32ds640")
MANIFESTS = {"nq32ds320": "funcodec_nq32ds320", "nq32ds640": "funcodec_nq32ds640"}


def parts(folder: Path) -> Any:
    assert PLUGIN.parts is not None
    return PLUGIN.parts(folder, Resources())


def tokens(codes: object) -> Array:
    assert isinstance(codes, Codes)
    return np.stack(codes.streams)


def configuration(network: str, **more: Any) -> Configuration:
    return Configuration({**nn_funcodec.SHARED, **nn_funcodec.PUBLISHED[network], **more}, "the configuration")


def test_settings_are_the_rows_of_the_survey() -> None:
    """As in Tab.01, where bps are kbit/s."""
    found = {row.survey_id: (row.id, row.sample_rate, row.n_codebooks, row.kbps) for row in PLUGIN.settings}
    assert found == {
        "F3": ("funcodec/en-libritts-16k-nq32ds320", 16000, 32, 16.0),
        "F4": ("funcodec/en-libritts-16k-nq32ds640", 16000, 32, 8.0),
        "F5": ("funcodec/zh_en-general-16k-nq32ds320", 16000, 32, 16.0),
        "F6": ("funcodec/zh_en-general-16k-nq32ds640", 16000, 32, 8.0),
    }


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    wanted = "codecmark download funcodec_en-libritts-16k-nq32ds320' or put config.yaml, model.pth"
    with pytest.raises(WeightsMissing, match=wanted):
        PLUGIN.open(PLUGIN.settings[0], Resources(weights_root=tmp_path))


def shapes(name: str, shared: Path) -> dict[str, torch.Tensor]:
    """The tensors of a full-size checkpoint, holding no numbers."""
    manifest = json.loads((shared / f"parity/manifests/{name}.json").read_text())
    return {key: torch.empty(shape, device="meta") for key, shape in manifest.items()}


@pytest.mark.parametrize("network", MANIFESTS)
def test_the_full_size_network_takes_the_tensors_of_the_original(network: str, shared: Path) -> None:
    """All of its encoder, its decoder and its codebooks, and nothing else has a place."""
    stored = shapes(MANIFESTS[network], shared)
    with torch.device("meta"):
        made = nn_funcodec.network_of(configuration(network))
    nn_funcodec.fill(made, stored, Path("model.pth"))
    used = [key for key in stored if key.startswith(("encoder.", "decoder.")) or key == "quantizer.rq.model.embed"]
    assert sum(one.numel() for one in made.state_dict().values()) == sum(stored[key].numel() for key in used)
    for key in used:
        with pytest.raises(WeightsError, match=r"is missing|are missing"):
            nn_funcodec.fill(made, {name: one for name, one in stored.items() if name != key}, Path("model.pth"))


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder.model.0.conv.conv.bias": None}, "0.conv.bias is missing"),
        ({"decoder.extra.weight": torch.zeros(1)}, "decoder.extra.weight is not expected"),
        ({"quantizer.rq.output_proj.weight": torch.zeros(1)}, "quantizer.rq.output_proj.weight is not expected"),
        ({"quantizer.rq.model.embed": torch.zeros(31, 64, 4)}, "31.* is missing.*of another shape"),
        ({"discriminator.more": torch.zeros(1), "mel_spec_transforms.9.window": torch.zeros(1)}, None),
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


def changed(shared: Path, tmp_path: Path, **changes: Mapping[str, Any]) -> Path:
    """A folder whose configuration has other values, by part."""
    folder = shared / "parity/funcodec_nq32ds320"
    config = yaml.safe_load((folder / "config.yaml").read_text())
    for part, values in changes.items():
        config[part] = {**config[part], **values} if isinstance(values, Mapping) else values
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    shutil.copy(folder / "model.pth", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "soundstream"}, "model: 'soundstream'"),
        ({"model_conf": {"segment_dur": 1.0}}, "segment_dur: 1.0; here only None"),
        ({"quantizer_conf": {"codec_dim": 8}}, "codec_dim: 8"),
        ({"encoder_conf": {"seq_model": "transformer"}}, "under 'encoder_conf' says seq_model: 'transformer'"),
        ({"decoder_conf": {"twists": 3}}, "under 'decoder_conf' has options that are not known here: twists"),
        ({"encoder_conf": {"norm": "layer_norm"}}, "norm_type"),
        ({"encoder_conf": {"ratios": [8, 5, 4]}}, "is of another model"),
        ({"quantizer_conf": {"codebook_size": 100}}, "power of 2"),
    ],
)
def test_a_network_that_is_built_otherwise_is_refused(
    changes: Mapping[str, Any], message: str, shared: Path, tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=message) as raised:
        parts(changed(shared, tmp_path, **changes))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [
        ({"n_filters": 3, "dimension": 5}, {"n_filters": 4}),
        ({"ratios": [4, 2], "norm": "weight_norm", "causal": True}, {"ratios": [4, 2], "norm": "weight_norm"}),
        ({"seq_layer_num": 1, "n_residual_layers": 2, "kernel_size": 5}, {"residual_kernel_size": 5, "compress": 1}),
    ],
)
def test_widths_come_from_the_configuration(encoder: Any, decoder: Any, voice: Any) -> None:
    half = {**nn_funcodec.HALF, "n_filters": 2}
    config = configuration(
        "nq32ds320",
        encoder_conf={**half, **encoder},
        decoder_conf={**half, **decoder},
        quantizer_conf={"num_quantizers": 7, "codebook_size": 16},
    )
    network = randomised(nn_funcodec.network_of(config), seed=0)
    codec, clip = WholeClips(network, 7, "cpu"), voice(seconds=0.3)
    (codes,) = codec.encode([clip])
    (decoded,) = codec.decode([codes])
    hop = 8 if "ratios" in encoder else 320
    assert tokens(codes).shape == (7, -(-clip.num_samples // hop))
    assert tokens(codes).max() < 16
    assert decoded.num_samples == clip.num_samples


@pytest.fixture(scope="module", params=FOLDERS)
def codec(request: pytest.FixtureRequest, shared: Path) -> Codec:
    made: Codec = parts(shared / "parity" / request.param).codec(8)
    return made


def test_lengths_and_bits(codec: Codec, voice: Any) -> None:
    """Whole frames are sent, six bits a token here, and besides them one float32 for the loudness."""
    frames = []
    for num_samples in (2, 100, 319, 320, 321, 639, 640, 641, 5000):
        (codes,) = codec.encode([voice(seconds=1.0).fit(num_samples)])
        (decoded,) = codec.decode([codes])
        assert isinstance(codes, Codes)
        assert decoded.samples.shape == (1, num_samples)
        assert (codes.side["scale"].shape, codes.side_bits) == ((1,), 32)
        assert codes.bits == tokens(codes).size * 6 + 32
        frames.append(tokens(codes).shape[1])
    assert frames in ([1, 1, 1, 1, 2, 2, 2, 3, 16], [1, 1, 1, 1, 1, 1, 1, 2, 8])


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


def test_fewer_codebooks_are_a_prefix(shared: Path, voice: Any) -> None:
    made, clip = parts(shared / "parity" / FOLDERS[0]), voice(seconds=0.4)
    whole, few = (tokens(made.codec(codebooks).encode([clip])[0]) for codebooks in (32, 3))
    np.testing.assert_array_equal(whole[:3], few)


@pytest.mark.parametrize("network", MANIFESTS)
def test_random_weights_use_their_codebooks(network: str, voice: Any) -> None:
    """Many tokens in every codebook, an output neither dead nor endless, and all of it the same from one seed."""
    halves = {
        half: {**nn_funcodec.PUBLISHED[network][half], "n_filters": 4} for half in ("encoder_conf", "decoder_conf")
    }
    clip, sent = voice(seconds=2.0), []
    for seed in (0, 0, 1):
        codec = WholeClips(randomised(nn_funcodec.network_of(configuration(network, **halves)), seed), 32, "cpu")
        sent.append(codec.encode([clip])[0])
    np.testing.assert_array_equal(tokens(sent[0]), tokens(sent[1]))
    assert (tokens(sent[0]) != tokens(sent[2])).mean() > 0.5
    assert min(len(set(stream)) for stream in tokens(sent[0])) > 10
    assert 0.001 < codec.decode([sent[2]])[0].peak < 1000
