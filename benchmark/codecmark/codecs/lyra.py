"""Lyra V2: SoundStream as Google published it, with its real weights (three TensorFlow Lite models)."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.errors import PluginError
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Prefix, Setting, Stream, Weights, WeightsFile

_COMMIT = "47698dadf0010abff6a848e02642f55f806d4842"
_FOLDER = f"https://raw.githubusercontent.com/google/lyra/{_COMMIT}/lyra/model_coeffs"

SAMPLE_RATE = 16000
FRAME_RATE = 50
CODEBOOK_SIZE = 16


def _file(name: str, size: int, sha256: str) -> WeightsFile:
    return WeightsFile(name=name, url=f"{_FOLDER}/{name}", size=size, sha256=sha256)


WEIGHTS = Weights(
    name="lyra",
    files=(
        _file(
            "soundstream_encoder.tflite", 1_779_200, "237da0b16226fb0a68d49551c81bebf614e42142af72764448359f68581e88f1"
        ),
        _file("quantizer.tflite", 329_012, "841ee05989687d32d1f616a8ad1419fc7eda37599d3c05c7cf5a0d60ccf8ac5c"),
        _file("lyragan.tflite", 1_475_160, "50e7839cda4f30599a3a34cfaddcd9c98449b049eee884e1a74295780448ad06"),
    ),
    source=f"https://github.com/google/lyra at {_COMMIT[:10]}, lyra/model_coeffs",
)

CARD = Card(
    title="Lyra V2 (SoundStream)",
    family="SoundStream",
    kind="neural",
    summary="Google's speech codec for calls: a causal SoundStream, 8-bit weights, 46 small residual quantizers.",
    paper="https://arxiv.org/abs/2107.03312",
    url="https://github.com/google/lyra",
    code_licence="Apache-2.0",
    weights_licence="Apache-2.0",
    training_data="thousands of hours of speech in over 90 languages (README of google/lyra; not published)",
    causal=True,
    look_ahead_ms=0.0,
    prefix=Prefix(
        True,
        "the tables of 3.2 and 6 kbps are the first 16 and 30 of 9.2 (residual_vector_quantizer.cc). Google's program "
        "sends only these three; with an odd number of quantizers a packet of whole bytes would waste 4 bits, which "
        "are not counted",
    ),
    batching="single",
    notes=(
        "Not the SoundStream of AudioLM or MusicLM, which was never published.",
        "Output beyond full scale is clipped, as by the 16-bit output of Google's own program.",
    ),
)


def _setting(quantizers: int) -> Setting:
    streams = (Stream(FRAME_RATE, CODEBOOK_SIZE),) * quantizers
    kbps = sum(stream.bits_per_second for stream in streams) / 1000
    return Setting(model="lyra", name=f"{kbps:g}", sample_rate=SAMPLE_RATE, streams=streams)


def open_lyra(setting: Setting, resources: Resources) -> Codec:
    """Opens one bit rate, on the CPU whatever the device.

    Raises `WeightsMissing`, also where random weights are asked for: the models are compiled with their weights.
    """
    folder = resources.weights_folder(WEIGHTS)
    try:
        from codecmark.nn.lyra import Lyra
    except ImportError as error:
        raise PluginError(f"lyra needs the package ai-edge-litert (Linux and macOS): {error}") from error
    return Lyra(folder, setting)


PLUGIN = CodecPlugin(
    name="lyra",
    card=CARD,
    settings=tuple(_setting(quantizers) for quantizers in (16, 30, 46)),
    open=open_lyra,
    weights=lambda setting: WEIGHTS,
    packages=("ai-edge-litert",),
)
