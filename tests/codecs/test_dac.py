"""DAC against vectors of the original's own code, in batches and one by one; and where its output lies in time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from codecmark import Audio, Codes, Resources
from codecmark.codecs.dac import DELAY, PLUGIN
from codecmark.core.contracts import Codec
from codecmark.core.errors import WeightsMissing
from codecmark.nn import dac as nn_dac
from codecmark.nn.network import randomised
from codecmark.nn.whole_clips import WholeClips

Array = NDArray[Any]
OWN = Path(__file__).parents[1] / "parity" / "vectors"
FOLDERS = ("dac_16k", "dac_24k", "dac_44k")
TOLERANCE = 1e-3
"""Of the RMS of the decoded vector, as its README has it."""


class Vectors:
    """The small model of the vectors behind our adapter, and what the original makes of two clips."""

    def __init__(self, folder: Path) -> None:
        assert PLUGIN.parts is not None
        meta = json.loads((folder / "meta.json").read_text())
        self.folder = folder
        self.rate: int = meta["sample_rate"]
        self.missing = {16000: 8, 24000: 8, 44100: 0}[self.rate]
        self.suffixes: dict[int, str] = {meta["n_q"]: "", meta["smaller_n_q"]: f"_nq{meta['smaller_n_q']}"}
        self.codec: Callable[[int], Codec] = PLUGIN.parts(folder, Resources()).codec

    def array(self, name: str) -> Array:
        return np.load(self.folder / f"{name}.npy")

    def audio(self, clip: str) -> Audio:
        return Audio(self.array(f"input_{clip}"), self.rate)


@pytest.fixture(scope="module", params=FOLDERS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=["our own", "on real speech"])
def vectors(request: pytest.FixtureRequest, model: str) -> Vectors:
    parity = OWN if request.param == "our own" else request.getfixturevalue("shared") / "parity"
    return Vectors(parity / model)


def tokens(codes: object) -> Array:
    assert isinstance(codes, Codes)
    return np.stack(codes.streams)


@pytest.mark.parametrize("together", [False, True])
def test_equals_the_original(together: bool, vectors: Vectors) -> None:
    """Codes, and audio from the stored codes: the original's, behind the samples that are missing at the start."""
    clips = [vectors.audio(clip) for clip in "ab"]
    for codebooks, suffix in vectors.suffixes.items():
        codec = vectors.codec(codebooks)
        encoded = codec.encode(clips) if together else [codec.encode([clip])[0] for clip in clips]
        decoded = codec.decode(encoded) if together else [codec.decode([codes])[0] for codes in encoded]
        for name, clip, codes, audio in zip("ab", clips, encoded, decoded, strict=True):
            np.testing.assert_array_equal(tokens(codes), vectors.array(f"codes_{name}{suffix}"))
            raw = vectors.array(f"decoded_{name}{suffix or '_from_codes'}")
            expected = np.concatenate([np.zeros(vectors.missing, np.float32), raw])[: clip.num_samples]
            assert audio.samples.shape == (1, clip.num_samples)
            assert np.abs(audio.samples[0] - expected).max() < TOLERANCE * np.sqrt(np.mean(raw**2))


def test_any_number_of_codebooks_sends_the_first_ones_of_the_original(vectors: Vectors) -> None:
    every = vectors.array("codes_b")
    for codebooks in (1, 2, len(every) - 1):
        (codes,) = vectors.codec(codebooks).encode([vectors.audio("b")])
        np.testing.assert_array_equal(tokens(codes), every[:codebooks])


def test_a_batch_of_equal_lengths_is_one_by_one(vectors: Vectors) -> None:
    codec = vectors.codec(max(vectors.suffixes))
    one, other = vectors.audio("a"), vectors.audio("b").fit(vectors.audio("a").num_samples)
    together = codec.encode([one, other])
    heard = codec.decode(together)
    for clip, codes, audio in zip((one, other), together, heard, strict=True):
        (alone,) = codec.encode([clip])
        np.testing.assert_array_equal(tokens(codes), tokens(alone))
        np.testing.assert_allclose(audio.samples, codec.decode([alone])[0].samples, atol=1e-4)


def test_a_safetensors_file_gives_the_same(model: str, shared: Path, tmp_path: Path) -> None:
    folder = shared / "parity" / model
    shutil.copy(folder / "config.json", tmp_path)
    (tmp_path / "meta.json").write_text(json.dumps({"checkpoint": str(folder / "model.safetensors")}))
    assert PLUGIN.parts is not None
    vectors = Vectors(folder)
    codec = PLUGIN.parts(tmp_path, Resources()).codec(max(vectors.suffixes))
    (codes,) = codec.encode([vectors.audio("a")])
    np.testing.assert_array_equal(tokens(codes), vectors.array("codes_a"))


@pytest.mark.parametrize("name", ["dac_16k", "dac_24k", "dac_44k", "dac_16k_folded", "dac_44k_folded"])
def test_the_full_size_network_takes_the_tensors_of_the_original(name: str, shared: Path) -> None:
    """Names and shapes, on a device that holds no numbers."""
    shapes = json.loads((shared / f"parity/manifests/{name}.json").read_text())
    config = nn_dac.CONFIGS[name.split("_")[1] + "hz"]
    with torch.device("meta"):
        network = nn_dac.loaded(
            nn_dac.DacNetwork(config), Path(name), {key: torch.empty(shape) for key, shape in shapes.items()}
        )
    kept = sum(np.prod(shape) for key, shape in shapes.items() if not key.endswith("weight_g"))
    assert sum(one.numel() for one in network.state_dict().values()) == kept


def test_settings_are_the_rows_of_the_survey() -> None:
    found = {setting.id: (setting.survey_id, setting.n_codebooks, setting.kbps) for setting in PLUGIN.settings}
    assert found == {
        "dac/16khz": ("D1", 12, 6.0),
        "dac/24khz": ("D2", 32, 24.0),
        "dac/44khz": ("D3", 9, pytest.approx(7.752, abs=1e-3)),
        "dac/44khz-16kbps": (None, 18, pytest.approx(15.504, abs=1e-3)),
    }


@pytest.mark.parametrize(("setting", "weights"), [(0, "dac_16khz"), (3, "dac_44khz_16kbps")])
def test_missing_weights_say_how_to_get_them(setting: int, weights: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=f"codecmark download {weights}"):
        PLUGIN.open(PLUGIN.settings[setting], Resources(weights_root=tmp_path))


def test_random_weights_use_their_codebooks(voice: Any) -> None:
    """Many tokens in every codebook, an output neither dead nor endless, and all of it the same from one seed."""
    config = nn_dac.DacConfig(encoder_hidden_size=4, decoder_hidden_size=48, n_codebooks=9, sampling_rate=44100)
    clip = voice(seconds=1.0, rate=44100)
    codecs = [WholeClips(randomised(nn_dac.DacNetwork(config), seed), 9, "cpu") for seed in (0, 0, 1)]
    sent = [codec.encode([clip])[0] for codec in codecs]
    np.testing.assert_array_equal(tokens(sent[0]), tokens(sent[1]))
    assert (tokens(sent[0]) != tokens(sent[2])).mean() > 0.5
    assert min(len(set(stream)) for stream in tokens(sent[0])) > 10
    assert 0.001 < codecs[0].decode([sent[0]])[0].peak <= 1


class Kept(nn.Module):
    """In the place of the quantizer: keeps what it is given, and sends the numbers of the frames."""

    def forward(self, states: torch.Tensor, n_quantizers: int) -> tuple[Any, ...]:
        self.states = states
        return states, torch.arange(states.shape[-1]).expand(1, n_quantizers, -1), states, 0.0, 0.0

    def from_codes(self, codes: torch.Tensor) -> tuple[torch.Tensor]:
        return (self.states[:, :, codes[0, 0]],)


def passing_network(ratios: list[int]) -> nn_dac.DacNetwork:
    """A DAC that passes audio on: convolutions sort samples into channels and back, all else is the identity.

    The decoder puts a frame where the trained weights do: cut by `stride // 2` at its start, an odd stride's output
    would be in time. DAC cuts `ceil(stride / 2)`.
    """
    size = int(np.prod(ratios))
    config = nn_dac.DacConfig(encoder_hidden_size=size // 16, downsampling_ratios=ratios, decoder_hidden_size=size)
    passing = nn_dac.DacNetwork(config)
    network = passing.model
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        for module in network.modules():
            if isinstance(module, snake_of(network)):
                module.alpha.fill_(1e-9)
        for layer in (network.encoder.conv1, network.encoder.conv2, network.decoder.conv1, network.decoder.conv2):
            pass_on(layer)
        width = 1
        for block, stride in zip(network.encoder.block, ratios, strict=True):
            for channel in range(width):
                for offset in range(stride):
                    block.conv1.weight[channel * stride + offset, channel, offset + -(-stride // 2)] = 1.0
            width *= stride
        for block, stride in zip(network.decoder.block, ratios[::-1], strict=True):
            width //= stride
            for channel in range(width):
                for offset in range(stride):
                    block.conv_t1.weight[channel * stride + offset, channel, offset + stride // 2] = 1.0
    network.quantizer = Kept()
    return passing


def snake_of(network: Any) -> type[nn.Module]:
    return type(network.encoder.snake1)


def pass_on(layer: nn.Conv1d) -> None:
    for channel in range(min(layer.in_channels, layer.out_channels)):
        layer.weight[channel, channel, layer.kernel_size[0] // 2] = 1.0


def impulse(num_samples: int) -> Array:
    samples = np.zeros(num_samples, np.float32)
    samples[num_samples // 2] = 0.5
    return samples


def sweep(num_samples: int) -> Array:
    time = np.arange(num_samples) / 16000
    return (0.3 * np.sin(2 * np.pi * (50 * time + 0.5 * 7000 / time[-1] * time**2))).astype(np.float32)


@pytest.mark.parametrize("make", [impulse, sweep])
@pytest.mark.parametrize(("ratios", "early"), [([2, 4, 5, 8], 8), ([2, 4, 4, 8], 0)])
def test_an_odd_stride_moves_the_raw_output_and_the_adapter_moves_it_back(
    make: Any, ratios: list[int], early: int
) -> None:
    network = passing_network(ratios)
    whole = 10 * int(np.prod(ratios))
    samples = make(whole - 100)
    given = torch.nn.functional.pad(torch.from_numpy(samples), (0, 100))[None, None]
    with torch.inference_mode():
        raw = np.arctanh(network.model(given, n_quantizers=1).audio_values[0].numpy())
    assert len(raw) == whole - early
    np.testing.assert_allclose(raw[: whole - 100 - early], samples[early:], atol=1e-5)

    codec = WholeClips(network, 1, "cpu")
    (decoded,) = codec.decode(codec.encode([Audio(samples, 16000)]))
    aligned = np.arctanh(decoded.samples[0])
    assert len(aligned) == len(samples)
    np.testing.assert_allclose(aligned[early:], samples[early:], atol=1e-5)
    assert not aligned[:early].any()


def test_kernels_symmetric_in_time_have_no_delay() -> None:
    """An odd stride alone moves nothing: encoder and decoder are off by half a sample, in opposite directions, and
    what is missing is missing at the end. So that outputs are early is the doing of the weights."""
    hop, middle = 10, 600
    torch.manual_seed(0)
    network: Any = nn_dac.DacModel(
        nn_dac.DacConfig(encoder_hidden_size=8, downsampling_ratios=[2, 5], decoder_hidden_size=32)
    ).double()
    for module in network.modules():
        if isinstance(module, snake_of(network)):
            module.alpha.data.fill_(1e-6)
        elif isinstance(module, nn.Conv1d | nn.ConvTranspose1d):
            kernel = torch.randn_like(module.weight) / np.sqrt(module.in_channels * module.kernel_size[0])
            module.weight.data = kernel + kernel.flip(-1)
            module.bias.data.zero_()  # type: ignore[union-attr]
    clips = torch.zeros(hop, 1, 2 * middle, dtype=torch.double)
    for offset, clip in enumerate(clips):
        clip[0, middle + offset] = 1e-9  # so small that neither Snake nor tanh bends it
    with torch.inference_mode():
        decoded = network.decoder(network.encoder(clips))[:, 0].numpy()
    assert decoded.shape == (hop, 2 * middle - 2)
    around = [row[middle + offset - 500 : middle + offset + 501] for offset, row in enumerate(decoded)]
    response = np.mean(around, axis=0)
    np.testing.assert_allclose(response, response[::-1], rtol=0, atol=1e-6 * np.abs(response).max())


def test_published_outputs_are_as_early_as_the_card_says(shared: Path) -> None:
    """Six recordings of a public demonstration page, coded at 24 kHz and published at 16 kHz."""
    manifest = (shared / "data/codec_outputs_funcodec_page/manifest.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, manifest) if row["system"] == "dac" and row["id"].startswith("dac_high")]
    lags = []
    for row in rows:
        (reference,) = (shared / "data").glob(f"{row['reference']}.*")
        decoded = Audio.read(shared / "data/codec_outputs_funcodec_page" / row["path"])
        lags.append(lag(Audio.read(reference).samples[0], decoded.samples[0]) / 16000 * 24000)
    assert len(lags) == 6
    assert np.mean(lags) == pytest.approx(DELAY.samples, abs=0.25)
    assert np.std(lags) < 0.25


def lag(reference: Array, decoded: Array) -> float:
    """Samples by which `decoded` is late, to fractions: the delay that the averaged cross-spectrum agrees with best."""
    size, window = 2048, np.hanning(2048)
    starts = range(0, min(len(reference), len(decoded)) - size, size // 2)
    cross = sum(
        np.fft.rfft(window * decoded[start : start + size])
        * np.conj(np.fft.rfft(window * reference[start : start + size]))
        for start in starts
    )
    shifts = np.arange(-20, 20, 0.02)
    turns = np.exp(2j * np.pi * np.outer(shifts, np.arange(len(cross)) / size))
    return float(shifts[(turns @ cross).real.argmax()])
