"""Codec 2 against pycodec2 in a process of its own, and its alignment in time by energy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codecmark import Audio, Packets, Resources, Setting
from codecmark.codecs.codec2 import PLUGIN

DIRECT = """
import sys, numpy, pycodec2
bit_rate, source, target = int(sys.argv[1]), sys.argv[2], sys.argv[3]
samples = numpy.load(source)
codec, out = pycodec2.Codec2(bit_rate), []
decoder = pycodec2.Codec2(bit_rate)
for start in range(0, len(samples), codec.samples_per_frame()):
    out.append(decoder.decode(codec.encode(samples[start:start + codec.samples_per_frame()])))
numpy.save(target, numpy.concatenate(out))
"""
DELAY = {"3200": 160, "1600": 160, "700": 240}

settings = pytest.mark.parametrize("setting", PLUGIN.settings, ids=lambda setting: setting.name)


def hum(num_samples: int) -> Audio:
    """Buzz and noise in turn, so that voiced and unvoiced frames both occur."""
    time = np.arange(num_samples) / 8000
    buzz = sum(np.sin(2 * np.pi * 130 * harmonic * time) / harmonic for harmonic in range(1, 20))
    noise = np.random.default_rng(0).standard_normal(num_samples)
    voiced = np.sin(2 * np.pi * 3 * time) > 0
    return Audio(np.round(np.where(voiced, 0.2 * buzz, 0.1 * noise) * 32768) / 32768, 8000)


@settings
def test_every_clip_sounds_as_the_first_of_a_new_process(setting: Setting, tmp_path: Path) -> None:
    audio = hum(8000)
    codec = PLUGIN.open(setting, Resources())
    codec.decode(codec.encode([hum(4000)]))
    (decoded,) = codec.decode(codec.encode([audio]))
    delay = DELAY[setting.name]
    padded = audio.fit(-(-(8000 + delay) // 320) * 320)
    np.save(tmp_path / "in.npy", (padded.samples[0] * 32768).astype(np.int16))
    arguments = [setting.name, str(tmp_path / "in.npy"), str(tmp_path / "out.npy")]
    subprocess.run([sys.executable, "-c", DIRECT, *arguments], check=True)
    expected = np.load(tmp_path / "out.npy")[delay : delay + 8000]
    np.testing.assert_array_equal(np.rint(decoded.samples[0] * 32768).astype(np.int16), expected)


def envelope(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logarithm of the energy in 10 ms around each sample, its mean removed."""
    window = np.hanning(80) / np.hanning(80).sum()
    level = np.log10(np.sqrt(np.convolve(samples.astype(np.float64) ** 2, window, "same")) + 1e-4)
    return level - level.mean()


@settings
def test_energy_rises_and_falls_with_the_input(setting: Setting, shared: Path) -> None:
    """The vocoder keeps no waveform to align: the median over speakers is within 4 ms."""
    codec, found = PLUGIN.open(setting, Resources()), []
    for path in sorted((shared / "data/librispeech_test_other").glob("*-0002.flac")):
        audio = Audio.read(path).fit(128000).resample(8000)
        (decoded,) = codec.decode(codec.encode([audio]))
        size = 2 * audio.num_samples
        spectra = [np.fft.rfft(envelope(signal.samples[0]), size) for signal in (audio, decoded)]
        correlation = np.fft.irfft(np.conj(spectra[0]) * spectra[1], size)
        peak = int(np.argmax(correlation))
        found.append(peak if peak < size // 2 else peak - size)
    assert abs(np.median(found)) <= 32, found


@settings
def test_nominal_and_counted_rate(setting: Setting) -> None:
    (sent,) = PLUGIN.open(setting, Resources()).encode([hum(32000)])
    assert isinstance(sent, Packets)
    frame_seconds = 0.02 if setting.name == "3200" else 0.04
    bits = round(float(setting.name) * frame_seconds)
    assert setting.nominal_kbps == float(setting.name) / 1000
    assert {8 * len(packet) for packet in sent.payload} == {-(-bits // 8) * 8}
