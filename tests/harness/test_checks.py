"""The conformance kit: a codec that is fine keeps every rule, and one broken in one way breaks just that rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codecmark import Audio, Card, ClipError, CodecPlugin, Codes, Packets, Prefix, Resources, Setting, Stream
from codecmark.core.encoded import Encoded
from codecmark.core.errors import WeightsMissing
from codecmark.core.settings import Weights, WeightsFile
from codecmark.harness.checks import RULES, check

RATE, FRAME, SIZE = 16000, 160, 256
SETTING = Setting(model="toy", name="a", sample_rate=RATE, streams=(Stream(RATE / FRAME, SIZE),) * FRAME)
CARD = Card(
    title="Toy",
    family="toy",
    kind="anchor",
    summary="",
    code_licence="Apache-2.0",
    prefix=Prefix(True, "each stream has samples of its own"),
    batching="padded",
)


class Toy:
    """Eight bits per sample, in frames of 160 streams or the first of them; each subclass breaks one promise."""

    def __init__(self, codebooks: int = FRAME) -> None:
        self.calls = 0
        self.codebooks = codebooks

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        return [self.encode_one(audio) for audio in batch]

    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        return [self.decode_one(codes) for codes in batch if isinstance(codes, Codes)]

    def encode_one(self, audio: Audio) -> Codes:
        self.calls += 1
        whole = audio.fit(-(-audio.num_samples // FRAME) * FRAME).samples.reshape(-1, FRAME)
        tokens = np.clip(np.rint(whole * 127) + 128, 0, SIZE - 1).astype(np.int64)
        return Codes(list(tokens.T)[: self.codebooks], (SIZE,) * self.codebooks, audio.num_samples)

    def decode_one(self, codes: Codes) -> Audio:
        self.calls += 1
        return Audio(self.samples(codes)[: codes.num_samples], RATE)

    def samples(self, codes: Codes) -> Any:
        tokens = np.full((len(codes.streams[0]), FRAME), 128.0)
        tokens[:, : self.codebooks] = np.stack(codes.streams, axis=1)
        return (tokens.reshape(-1) - 128.0) / 127


class WrongLength(Toy):
    def decode_one(self, codes: Codes) -> Audio:
        return Audio(self.samples(codes), RATE)


class WrongRate(Toy):
    def decode_one(self, codes: Codes) -> Audio:
        return Audio(super().decode_one(codes).samples, RATE * 2)


class Delayed(Toy):
    def decode_one(self, codes: Codes) -> Audio:
        return super().decode_one(codes).shift(-40)


class Quiet(Toy):
    def samples(self, codes: Codes) -> Any:
        return super().samples(codes) * 0.5


class Narrow(Toy):
    def samples(self, codes: Codes) -> Any:
        spectrum = np.fft.rfft(super().samples(codes))
        spectrum[len(spectrum) // 4 :] = 0
        return np.fft.irfft(spectrum, len(codes.streams[0]) * FRAME)


class OtherCodebooks(Toy):
    def encode_one(self, audio: Audio) -> Codes:
        codes = super().encode_one(audio)
        return Codes(codes.streams, (SIZE * 4,) * self.codebooks, codes.num_samples)


class TooManyFrames(Toy):
    def encode_one(self, audio: Audio) -> Codes:
        codes = super().encode_one(audio)
        return replace(codes, streams=[np.append(stream, [128, 128, 128]) for stream in codes.streams])


class OneFrameMore(Toy):
    """As a spectrogram with windows around both ends has; its formula would have to say so."""

    def encode_one(self, audio: Audio) -> Codes:
        codes = super().encode_one(audio)
        return replace(codes, streams=[np.append(stream, 128) for stream in codes.streams])


class OtherWhenCut(Toy):
    """Sends other tokens at fewer codebooks, as one that quantizes in groups does."""

    def encode_one(self, audio: Audio) -> Codes:
        codes = super().encode_one(audio)
        codes.streams[0][:] += self.codebooks < FRAME
        return codes


class RandomEncoder(Toy):
    def encode_one(self, audio: Audio) -> Codes:
        codes = super().encode_one(audio)
        codes.streams[0][:] = self.calls % 3 + 127
        return codes


class LeakyEncoder(Toy):
    """Remembers the loudest clip of all, as an encoder that is never reset may."""

    loudest = 0.0

    def encode_one(self, audio: Audio) -> Codes:
        self.loudest = max(self.loudest, audio.peak)
        codes = super().encode_one(audio)
        codes.streams[0][:1] = int(100 * self.loudest)
        return codes


class RandomDecoder(Toy):
    def samples(self, codes: Codes) -> Any:
        return super().samples(codes) + 1e-3 * self.calls


class LeakyDecoder(Toy):
    last: Codes | None = None

    def samples(self, codes: Codes) -> Any:
        leak = 0.0 if self.last is None else float(self.last.streams[0][-1] > 250) * 1e-3
        self.last = codes
        return super().samples(codes) + leak


class BatchDependent(Toy):
    """Pads to the longest clip and normalises over all, as a padded batch through a GroupNorm does."""

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        loudest = max(audio.peak for audio in batch)
        scale = 1.0 if len(batch) == 1 else 1 / loudest
        return [self.encode_one(Audio(audio.samples * scale, RATE)) for audio in batch]


class NotFinite(Toy):
    """Divides by the level of the clip, so silence becomes NaN, and a single quiet sample too."""

    def decode_one(self, codes: Codes) -> Audio:
        audio = super().decode_one(codes)
        with np.errstate(invalid="ignore"):
            return Audio(audio.samples / audio.peak * np.float32(audio.peak), RATE)


class DropsAnswers(Toy):
    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        return super().encode(batch)[: max(len(batch) - 1, 1)]


class Refuses(Toy):
    def encode_one(self, audio: Audio) -> Codes:
        if audio.peak == 0 or 1 < audio.num_samples == 1600:
            raise ClipError("silent", "nothing to hear")
        return super().encode_one(audio)


class AsBytes:
    """The same samples as packets, `padding` bytes after each frame."""

    def __init__(self, padding: int) -> None:
        self.padding = padding

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        return [Packets(self.packets(audio), audio.num_samples) for audio in batch]

    def packets(self, audio: Audio) -> tuple[bytes, ...]:
        samples = np.rint(audio.samples[0] * 127).astype(np.int8)
        frames = [samples[start : start + FRAME] for start in range(0, len(samples), FRAME)]
        return tuple(frame.tobytes() + bytes(self.padding) for frame in frames)

    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        return [self.decode_one(one) for one in batch if isinstance(one, Packets)]

    def decode_one(self, one: Packets) -> Audio:
        frames = [packet[: len(packet) - self.padding] for packet in one.payload]
        return Audio(np.frombuffer(b"".join(frames), np.int8) / 127, RATE)


def statuses(
    codec: Any, setting: Setting = SETTING, card: Card = CARD, resources: Resources | None = None
) -> dict[str, str]:
    def open_toy(asked: Setting, resources: Resources) -> Any:
        return codec if asked == setting else type(codec)(len(asked.streams))

    plugin = CodecPlugin(name="toy", card=card, settings=(setting,), open=open_toy)
    return {result.name: result.status for result in check(plugin, setting, resources or Resources())}


def failed(codec: Any, setting: Setting = SETTING) -> set[str]:
    return {name for name, status in statuses(codec, setting).items() if status == "fail"}


def test_a_codec_that_is_fine_passes_every_check() -> None:
    assert statuses(Toy()) == dict.fromkeys(RULES, "pass")


@pytest.mark.parametrize(
    ("broken", "rules"),
    [
        (RandomEncoder, {"encode_repeats"}),
        (WrongLength, {"length"}),
        (WrongRate, {"sample_rate"}),
        (OtherCodebooks, {"tokens", "bit_rate", "frames"}),
        (TooManyFrames, {"frames", "bit_rate"}),
        (OneFrameMore, {"frames"}),
        (OtherWhenCut, {"prefix"}),
        (LeakyEncoder, {"encode_repeats"}),
        (RandomDecoder, {"decode_repeats", "batch"}),
        (LeakyDecoder, {"decode_repeats"}),
        (BatchDependent, {"batch"}),
        (DropsAnswers, {"batch"}),
        (NotFinite, {"silence", "length"}),
        (Delayed, {"lag"}),
        (Quiet, {"level"}),
        (Narrow, {"bandwidth"}),
    ],
)
def test_a_codec_broken_in_one_way_fails_just_that(broken: type[Toy], rules: set[str]) -> None:
    assert failed(broken()) == rules


def test_a_formula_of_its_own_for_the_frames() -> None:
    plugin = CodecPlugin(
        name="toy",
        card=CARD,
        settings=(SETTING,),
        open=lambda setting, resources: OneFrameMore(len(setting.streams)),
        frames=lambda setting, samples: (-(-samples // FRAME) + 1,) * len(setting.streams),
    )
    assert [one.name for one in check(plugin, SETTING, Resources()) if one.status != "pass"] == []


def test_a_long_clip_is_tried_when_asked_for() -> None:
    plugin = CodecPlugin(
        name="toy", card=CARD, settings=(SETTING,), open=lambda setting, resources: Toy(len(setting.streams))
    )
    results = {one.name: one for one in check(plugin, SETTING, Resources(), long=True)}
    assert results.keys() - RULES.keys() == {"long_clip"}
    assert results["long_clip"].detail.startswith("960000 of 960000 samples")


def test_codecs_whose_prefix_is_not_valid_say_why() -> None:
    card = replace(CARD, prefix=Prefix(False, "both groups are always needed"))
    plugin = CodecPlugin(name="toy", card=card, settings=(SETTING,), open=lambda setting, resources: Toy())
    (result,) = [one for one in check(plugin, SETTING, Resources()) if one.name == "prefix"]
    assert result.status == "not_applicable"
    assert "no valid lower rate: both groups are always needed" in result.detail


def test_a_refusal_with_a_reason_is_no_failure() -> None:
    assert failed(Refuses()) == set()


def test_a_codec_that_raises_fails_and_the_other_checks_go_on() -> None:
    class Raises(Toy):
        def decode_one(self, codes: Codes) -> Audio:
            raise RuntimeError("out of\nluck")

    plugin = CodecPlugin(name="toy", card=CARD, settings=(SETTING,), open=lambda setting, resources: Raises())
    results = {result.name: result for result in check(plugin, SETTING, Resources())}
    assert results["lag"].detail == "raised RuntimeError: out of luck"
    assert results["tokens"].status == "pass"


@pytest.mark.parametrize(("padding", "broken"), [(0, set()), (20, set()), (80, {"bit_rate"})])
def test_bytes_are_held_to_the_nominal_rate_with_room_for_padding(padding: int, broken: set[str]) -> None:
    setting = Setting(model="toy", name="a", sample_rate=RATE, nominal_kbps=128)
    assert failed(AsBytes(padding), setting) == broken


def test_bytes_where_tokens_were_declared() -> None:
    assert "tokens" in failed(AsBytes(0))


def test_what_does_not_apply_is_said_to_be_so() -> None:
    no_rate = Setting(model="toy", name="a", sample_rate=None)
    card = replace(CARD, keeps_waveform=False, batching="single")
    found = statuses(AsBytes(0), no_rate, card)
    skipped = {name for name, status in found.items() if status == "not_applicable"}
    assert skipped == {"tokens", "frames", "bit_rate", "batch", "prefix", "lag", "level", "bandwidth"}


def test_random_weights_are_not_asked_for_quality() -> None:
    weights = Weights(name="nowhere", files=(WeightsFile(name="toy.bin"),), source="nowhere")
    plugin = CodecPlugin(
        name="toy", card=CARD, settings=(SETTING,), open=lambda setting, resources: Delayed(), weights=lambda _: weights
    )
    found = {result.name: result.status for result in check(plugin, SETTING, Resources(random_weights=True))}
    assert {found[name] for name in ("lag", "level", "bandwidth")} == {"not_applicable"}
    assert found["length"] == "pass"


def test_missing_weights_are_no_finding_about_the_codec() -> None:
    weights = Weights(name="nowhere", files=(WeightsFile(name="toy.bin"),), source="nowhere")
    plugin = CodecPlugin(
        name="toy",
        card=CARD,
        settings=(SETTING,),
        open=lambda setting, resources: resources.weights_folder(weights),  # type: ignore[arg-type,return-value]
        weights=lambda _: weights,
    )
    with pytest.raises(WeightsMissing):
        next(check(plugin, SETTING, Resources()))
