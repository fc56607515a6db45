"""Lyra V2 with its real weights, against the measurements published for it and the models called directly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codecmark import Audio, Codes, Resources
from codecmark.codecs.lyra import PLUGIN
from codecmark.core.codebooks import first
from codecmark.core.errors import WeightsError, WeightsMissing

SETTINGS = {setting.name: setting for setting in PLUGIN.settings}
PESQ_WB = {"3.2": 2.451, "6": 3.354, "9.2": 3.442}
"""Of sample1 of google/lyra's test data, by calling the three models directly with new interpreters."""


@pytest.fixture(scope="module")
def resources(shared: Path) -> Resources:
    return Resources(weights_root=shared / "models")


@pytest.fixture(scope="module")
def speech(shared: Path) -> Audio:
    return Audio.read(shared / "data/misc_speech/lyra_sample1_16kHz.flac")


def codes_of(audio: Audio, name: str, resources: Resources) -> Codes:
    (codes,) = PLUGIN.open(SETTINGS[name], resources).encode([audio])
    assert isinstance(codes, Codes)
    return codes


def direct_round_trip(folder: Path, samples: NDArray[np.float32], quantizers: int) -> NDArray[np.float32]:
    """The three models called one frame after the other by tensor index, without signatures and without our code."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    def model(name: str) -> Interpreter:
        kernels = OpResolverType.BUILTIN
        return Interpreter(str(folder / name), num_threads=1, experimental_op_resolver_type=kernels)

    encoder, quantizer, generator = map(model, ("soundstream_encoder.tflite", "quantizer.tflite", "lyragan.tflite"))
    encoder.allocate_tensors()
    generator.allocate_tensors()
    quantize, dequantize = map(quantizer.get_signature_runner, ("encode", "decode"))
    out = []
    for start in range(0, len(samples), 320):
        frame = np.zeros((1, 320), dtype=np.float32)
        frame[0, : len(samples[start : start + 320])] = samples[start : start + 320]
        encoder.set_tensor(encoder.get_input_details()[0]["index"], frame)
        encoder.invoke()
        features = encoder.get_tensor(encoder.get_output_details()[0]["index"])
        indices = quantize(input_frames=features, num_quantizers=np.int32(quantizers))["output_0"]
        generator.set_tensor(
            generator.get_input_details()[0]["index"],
            dequantize(encoding_indices=indices.reshape(46, 1, 1))["output_0"],
        )
        generator.invoke()
        out.append(generator.get_tensor(generator.get_output_details()[0]["index"])[0])
    return np.concatenate(out)[: len(samples)]


def test_bit_rates_follow_from_the_streams() -> None:
    assert [(setting.id, setting.n_codebooks) for setting in PLUGIN.settings] == [
        ("lyra/3.2", 16),
        ("lyra/6", 30),
        ("lyra/9.2", 46),
    ]
    assert [setting.kbps for setting in PLUGIN.settings] == pytest.approx([3.2, 6.0, 9.2])


@pytest.mark.parametrize("name", SETTINGS)
def test_published_quality_and_no_lag(name: str, speech: Audio, resources: Resources) -> None:
    """2.45, 3.33 and 3.43 were published, the last two with state left in the interpreters by the rate before."""
    from pesq import pesq

    codec = PLUGIN.open(SETTINGS[name], resources)
    (decoded,) = codec.decode(codec.encode([speech]))
    reference, degraded = speech.samples[0], decoded.samples[0]
    assert pesq(16000, reference, degraded, "wb") == pytest.approx(PESQ_WB[name], abs=0.02)
    assert np.correlate(degraded, reference[2000:-2000], "valid").argmax() == 2000


@pytest.mark.parametrize(("name", "quantizers"), [("3.2", 16), ("9.2", 46)])
def test_equals_the_models_called_directly(name: str, quantizers: int, speech: Audio, resources: Resources) -> None:
    codec = PLUGIN.open(SETTINGS[name], resources)
    codec.decode(codec.encode([Audio(speech.samples[:, ::-1], 16000)]))  # must leave nothing behind
    (decoded,) = codec.decode(codec.encode([speech]))
    folder = resources.weights_folder(PLUGIN.weights(SETTINGS[name]))  # type: ignore[arg-type]
    np.testing.assert_array_equal(decoded.samples[0], direct_round_trip(folder, speech.samples[0], quantizers))


def test_lower_rates_send_a_prefix_of_the_quantizers(speech: Audio, resources: Resources) -> None:
    full = codes_of(speech, "9.2", resources)
    for name, quantizers in (("3.2", 16), ("6", 30)):
        np.testing.assert_array_equal(codes_of(speech, name, resources).streams, full.streams[:quantizers])


def test_any_number_of_quantizers(speech: Audio, resources: Resources) -> None:
    """Also odd ones, which Google's own program never sends; decoded as by the models called directly."""
    full = codes_of(speech, "9.2", resources)
    folder = resources.weights_folder(PLUGIN.weights(SETTINGS["9.2"]))  # type: ignore[arg-type]
    for count in (1, 7, 45):
        _, setting = first((PLUGIN, SETTINGS["9.2"]), count)
        codec = PLUGIN.open(setting, resources)
        (codes,) = codec.encode([speech])
        assert isinstance(codes, Codes)
        np.testing.assert_array_equal(codes.streams, full.streams[:count])
        assert codes.bits == 4 * count * len(codes.streams[0])
        direct = direct_round_trip(folder, speech.samples[0], count)
        np.testing.assert_array_equal(codec.decode([codes])[0].samples[0], np.clip(direct, -1, 1))


def test_no_look_ahead(speech: Audio, resources: Resources) -> None:
    changed = speech.samples.copy()
    changed[:, 8000:] = 0.0
    one, other = (np.stack(codes_of(audio, "9.2", resources).streams) for audio in (speech, Audio(changed, 16000)))
    assert np.flatnonzero((one != other).any(axis=0))[0] == 8000 // 320


@pytest.mark.parametrize("num_samples", [1, 319, 320, 321, 800])
def test_length_and_bits(num_samples: int, speech: Audio, resources: Resources) -> None:
    codec = PLUGIN.open(SETTINGS["6"], resources)
    (codes,) = codec.encode([speech.fit(num_samples)])
    (decoded,) = codec.decode([codes])
    assert (decoded.num_samples, decoded.sample_rate) == (num_samples, 16000)
    assert codes.bits == -(-num_samples // 320) * 30 * 4


def test_silence_and_a_full_scale_square_wave_survive(resources: Resources) -> None:
    square = np.where(np.arange(8000) % 80 < 40, 1.0, -1.0)
    codec = PLUGIN.open(SETTINGS["9.2"], resources)
    quiet, loud = codec.decode(codec.encode([Audio(np.zeros(8000), 16000), Audio(square, 16000)]))
    assert quiet.peak < 0.01
    assert 0.5 < loud.peak <= 1.0


def test_missing_and_damaged_weights(tmp_path: Path, shared: Path) -> None:
    here = Resources(weights_root=tmp_path)
    with pytest.raises(WeightsMissing, match="codecmark download lyra"):
        PLUGIN.open(SETTINGS["6"], here)
    for file in (shared / "models/lyra").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="delete it and download it again"):
        PLUGIN.open(SETTINGS["6"], here)
