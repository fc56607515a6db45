"""What the anchors and the classical codecs have in common: length, repeatability, bit rate and alignment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from codecmark import Audio, CodecPlugin, Codes, Packets, Resources, Setting
from codecmark.core import registry
from codecmark.core.contracts import Codec

NAMES = ("identity", "lowpass", "mulaw", "opus", "mp3", "aac", "amrnb", "g722", "codec2", "lc3")

PACKET_BYTES = {
    "opus/6": 15,
    "opus/8": 20,
    "opus/12": 30,
    "opus/16": 40,
    "opus/24": 60,
    "opus/32": 80,
    "mp3/16": 72,
    "mp3/24": 108,
    "mp3/32": 144,
    "amrnb/4.75": 13,
    "amrnb/12.2": 32,
    "g722/64": 160,
    "codec2/3200": 8,
    "codec2/1600": 8,
    "codec2/700": 4,
    "lc3/16": 20,
    "lc3/24": 30,
    "lc3/32": 40,
}
"""By the standards: bit rate times frame length; AMR by RFC 4867 table 3 with its mode byte, Codec 2 in whole bytes."""

LAG_TOLERANCE = {"amrnb": 2.0, "opus": 2.0}
"""Samples. The high-pass filter of AMR and the inner resampling of Opus at low rates move the waveform a little."""


Case = tuple[CodecPlugin, Setting]


def cases() -> list[Case]:
    plugins = [cast(CodecPlugin, registry.get("codecs", name)) for name in NAMES]
    return [(plugin, setting) for plugin in plugins for setting in plugin.settings]


def over(chosen: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("plugin", "setting"), chosen, ids=[setting.id for _, setting in chosen])


every = over(cases())
waveform = over([case for case in cases() if case[0].card.keeps_waveform])
framed = over([case for case in cases() if case[0].card.kind == "classical"])


def rate_of(setting: Setting) -> int:
    return setting.sample_rate or 16000


def opened(plugin: CodecPlugin, setting: Setting) -> Codec:
    return plugin.open(setting, Resources())


def voice(sample_rate: int, seconds: float = 2.0, seed: int = 0) -> Audio:
    """Bursts of noise coloured like speech: its correlation with itself has one peak."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(int(seconds * sample_rate))
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(len(noise), 1 / sample_rate)
    spectrum *= (hertz / 300) / (1 + (hertz / 300) ** 2) / (1 + (hertz / 2500) ** 4)
    coloured = np.fft.irfft(spectrum, len(noise))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(len(noise)) / sample_rate)
    shaped = coloured * syllables
    return Audio(0.5 * shaped / np.abs(shaped).max(), sample_rate)


def lag(reference: NDArray[np.float32], decoded: NDArray[np.float32]) -> float:
    """Samples by which `decoded` is late: the peak of the cross-correlation, refined by a parabola."""
    size = 1 << (2 * len(reference) - 1).bit_length()
    spectrum = np.conj(np.fft.rfft(reference, size)) * np.fft.rfft(decoded, size)
    correlation = np.fft.irfft(spectrum, size)
    peak = int(np.argmax(correlation))
    before, top, after = (correlation[(peak + step) % size] for step in (-1, 0, 1))
    whole = peak if peak < size // 2 else peak - size
    return float(whole + 0.5 * (before - after) / (before - 2 * top + after))


def round_trip(codec: Codec, audio: Audio) -> Audio:
    (decoded,) = codec.decode(codec.encode([audio]))
    return decoded


@every
def test_every_length_comes_back_and_a_batch_equals_its_clips(plugin: CodecPlugin, setting: Setting) -> None:
    codec, rate = opened(plugin, setting), rate_of(setting)
    source = voice(rate)
    clips = [source.fit(length) for length in (1, 2, 159, 160, 161, 320, 321, 577, rate // 20, 1024, 1025, 5001)]
    sent = codec.encode(clips)
    decoded = codec.decode(sent)
    assert [(audio.num_samples, audio.sample_rate, audio.channels) for audio in decoded] == [
        (clip.num_samples, rate, 1) for clip in clips
    ]
    for clip, encoded, audio in zip(clips, sent, decoded, strict=True):
        assert encoded.num_samples == clip.num_samples
        assert encoded.bits > 0
        np.testing.assert_array_equal(audio.samples, round_trip(codec, clip).samples)


@every
def test_no_clip_is_heard_in_another(plugin: CodecPlugin, setting: Setting) -> None:
    codec, rate = opened(plugin, setting), rate_of(setting)
    first, other = voice(rate, 0.5), voice(rate, 0.7, seed=1)
    sent = [codec.encode([clip])[0] for clip in (first, other, first)]
    decoded = [codec.decode([encoded])[0] for encoded in sent]
    assert isinstance(sent[0], Packets)
    assert isinstance(sent[2], Packets)
    assert sent[0].payload == sent[2].payload
    assert decoded[0].sha256 == decoded[2].sha256
    assert round_trip(opened(plugin, setting), first).sha256 == decoded[0].sha256


@every
@pytest.mark.parametrize("kind", ["silence", "square", "full scale", "noise"])
def test_hard_input(plugin: CodecPlugin, setting: Setting, kind: str) -> None:
    rate = rate_of(setting)
    time = np.arange(rate // 4)
    samples = {
        "silence": np.zeros(len(time)),
        "square": np.where(time // (rate // 400) % 2, 1.0, -1.0),
        "full scale": np.ones(len(time)),
        "noise": np.random.default_rng(0).uniform(-1, 1, len(time)),
    }[kind]
    decoded = round_trip(opened(plugin, setting), Audio(samples, rate))
    assert decoded.num_samples == len(samples)
    assert decoded.peak < (0.01 if kind == "silence" else 4.0)


@framed
def test_sends_as_many_bits_as_it_says(plugin: CodecPlugin, setting: Setting) -> None:
    audio = voice(rate_of(setting), 4.0)
    (sent,) = opened(plugin, setting).encode([audio])
    assert isinstance(sent, Packets)
    if setting.model == "aac":  # its rate is a target
        assert sent.bits / audio.seconds / 1000 == pytest.approx(setting.nominal_kbps, rel=0.08)
    else:
        assert {len(packet) for packet in sent.payload} == {PACKET_BYTES[setting.id]}


@framed
def test_sends_no_packet_more_than_the_clip_needs(plugin: CodecPlugin, setting: Setting) -> None:
    codec, audio = opened(plugin, setting), voice(rate_of(setting), 0.3)
    (sent,) = codec.encode([audio])
    assert isinstance(sent, Packets)
    (fewer,) = codec.decode([Packets(sent.payload[:-1], sent.num_samples)])
    assert fewer.num_samples < audio.num_samples


@every
def test_tokens_are_refused(plugin: CodecPlugin, setting: Setting) -> None:
    tokens = Codes([np.zeros(3, dtype=np.int64)], (2,), 960)
    with pytest.raises(TypeError, match="not Codes"):
        opened(plugin, setting).decode([tokens])


@waveform
def test_no_lag(plugin: CodecPlugin, setting: Setting) -> None:
    audio = voice(rate_of(setting))
    decoded = round_trip(opened(plugin, setting), audio)
    assert abs(lag(audio.samples[0], decoded.samples[0])) < LAG_TOLERANCE.get(plugin.name, 0.2)


@waveform
def test_no_lag_on_real_speech(plugin: CodecPlugin, setting: Setting, shared: Path) -> None:
    codec, found = opened(plugin, setting), []
    for name in ("1688-142285-0002", "2033-164914-0000", "2609-156975-0000"):
        audio = Audio.read(shared / f"data/librispeech_test_other/{name}.flac").fit(80000).resample(rate_of(setting))
        found.append(lag(audio.samples[0], round_trip(codec, audio).samples[0]))
    assert np.abs(found).max() < LAG_TOLERANCE.get(plugin.name, 0.2), found


@waveform
def test_the_end_of_a_clip_is_decoded(plugin: CodecPlugin, setting: Setting) -> None:
    """The last 20 ms are as like the input as the rest: a tail that is lost would be zero there."""
    rate = rate_of(setting)
    for length in (7777, 8000, 8191):
        audio = voice(rate).fit(length)
        tail = slice(length - rate // 50, length)
        reference, decoded = audio.samples[0, tail], round_trip(opened(plugin, setting), audio).samples[0, tail]
        assert np.corrcoef(reference, decoded)[0, 1] > 0.4


def test_cards_say_what_the_adapter_removes() -> None:
    for plugin, setting in cases():
        assert setting.model == plugin.name
        assert plugin.card.kind in ("anchor", "classical")
        assert (plugin.card.delay is not None) == (plugin.card.kind == "classical")
        assert plugin.card.delay is None or (plugin.card.delay.samples > 0 and plugin.card.delay.evidence)


def test_descriptions_are_cheap() -> None:
    heavy = "{'torch', 'scipy', 'av', 'lc3', 'pycodec2', 'soxr', 'soundfile', 'transformers'}"
    imports = "; ".join(f"import codecmark.codecs.{name}" for name in NAMES)
    code = f"import sys; {imports}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
