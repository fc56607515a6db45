"""The rules every codec keeps, one small function each, tried on signals made by arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from codecmark.core import codebooks
from codecmark.core.audio import Audio
from codecmark.core.encoded import Codes
from codecmark.core.errors import ClipError
from codecmark.harness import signals
from codecmark.harness.subject import Finding, Subject, distance, share_differing

Rule = Callable[[Subject], Finding]

BYTE_RATE_TOLERANCE = 0.25
"""Share by which the bytes counted may differ from the nominal rate: frames padded to bytes, rate control."""
CUDA_CODE_TOLERANCE = 0.005
"""Share of tokens that may differ where a device does not promise equal bits."""
SAMPLE_TOLERANCE = 1e-3
"""Largest difference of samples decoded in a batch and one by one; the float noise of a network is below 1e-4."""
ROUNDING = 1.001
MAX_LAG_SAMPLES = 2
MAX_LEVEL_DB = 5.0
"""Opus at 6 kbps loses 3.7 dB; a gain of a half or of two, the usual mistake, is 6 dB."""
MIN_BANDWIDTH_HZ = 3000
BAND_HZ = 500
BAND_LOSS_DB = 20.0


def sample_rate(subject: Subject) -> Finding:
    """Decoded audio is mono, at the rate of the setting."""
    decoded, rate = subject.decoded_speech, subject.sample_rate
    detail = f"{decoded.channels} channel at {decoded.sample_rate} Hz, expected is 1 at {rate}"
    return _verdict(decoded.sample_rate == rate and decoded.channels == 1, detail)


def length(subject: Subject) -> Finding:
    """The output is as long as the input: whole frames, one sample more or less, less than a frame, one sample."""
    given, encoded = list(subject.encoded_lengths), subject.encoded_lengths.values()
    if (noted := [one.num_samples for one in encoded]) != given:
        return Finding("fail", f"inputs of {given} samples are noted as {noted}")
    return _verdict((found := [subject.decode(one).num_samples for one in encoded]) == given, f"{given} gave {found}")


def tokens(subject: Subject) -> Finding:
    """As many streams, of such codebooks, as the setting declares."""
    encoded, declared = subject.encoded_speech, subject.setting.streams
    if not isinstance(encoded, Codes):
        return Finding("fail", "streams are declared, bytes were sent") if declared else _no("the codec sends bytes")
    sizes = tuple(stream.codebook_size for stream in declared)
    detail = f"{len(encoded.codebook_sizes)} codebooks of {_few(encoded.codebook_sizes)} entries"
    return _verdict(encoded.codebook_sizes == sizes, f"{detail}, declared are {len(sizes)} of {_few(sizes)}")


def frames(subject: Subject) -> Finding:
    """As many tokens in each stream as the plug-in's formula says, at any length; only their bits are counted."""
    for num_samples, encoded in subject.encoded_lengths.items():
        if not isinstance(encoded, Codes):
            return _no("the codec sends bytes")
        found = tuple(map(len, encoded.streams))
        expected = subject.plugin.frames(subject.setting, num_samples)
        if found != expected:
            return Finding("fail", f"{num_samples} samples gave {_few(found)} frames, the formula {_few(expected)}")
        bits = math.fsum(
            count * math.log2(stream.codebook_size)
            for count, stream in zip(expected, subject.setting.streams, strict=True)
        )
        if encoded.token_bits != bits:
            return Finding("fail", f"{num_samples} samples: {encoded.token_bits:g} bits counted, expected are {bits:g}")
    return Finding("pass", f"as the formula says for {len(subject.encoded_lengths)} lengths, and so are the bits")


def bit_rate(subject: Subject) -> Finding:
    """The bits counted are those declared: within one frame for tokens, within 25 % and a frame for bytes."""
    encoded, declared, seconds = subject.encoded_speech, subject.setting.kbps, subject.speech.seconds
    if declared is None:
        return _no("no bit rate is declared")
    is_codes = isinstance(encoded, Codes)
    counted = (encoded.token_bits if isinstance(encoded, Codes) else encoded.bits) / seconds / 1000
    allowed = (0 if is_codes else BYTE_RATE_TOLERANCE) + ROUNDING * subject.frame_seconds / seconds
    side = f", besides {encoded.side_bits} bits aside" if isinstance(encoded, Codes) and encoded.side_bits else ""
    off = counted / declared - 1
    detail = f"{counted:.3f} kbps counted, {declared:.3f} declared: {off:+.1%}, allowed are {allowed:.1%}{side}"
    return _verdict(abs(off) <= allowed, detail)


def encode_repeats(subject: Subject) -> Finding:
    """The same audio gives the same bits, at once and after something else was encoded."""
    first, again = subject.encode(subject.speech), subject.encode(subject.speech)
    subject.encode(signals.square_wave(subject.sample_rate, 0.5))
    later = subject.encode(subject.speech)
    allowed = 0.0 if subject.exact else CUDA_CODE_TOLERANCE
    if (share := share_differing(first, again)) > allowed:
        return Finding("fail", f"{share:.1%} differ when the same audio is encoded twice")
    share = share_differing(first, later)
    return _verdict(share <= allowed, f"{share:.1%} differ after another clip was encoded")


def decode_repeats(subject: Subject) -> Finding:
    """The same bits give the same audio, at once and after something else was decoded."""
    speech, other = subject.encoded_speech, subject.encode(signals.square_wave(subject.sample_rate, 0.5))
    first, again = subject.decode(speech), subject.decode(speech)
    subject.decode(other)
    later = subject.decode(speech)
    allowed = 0.0 if subject.exact else SAMPLE_TOLERANCE
    if (largest := distance(first, again)) > allowed:
        return Finding("fail", f"samples differ by up to {largest:.2g} when the same bits are decoded twice")
    largest = distance(first, later)
    return _verdict(largest <= allowed, f"samples differ by {largest:.2g} after another clip was decoded")


def batch(subject: Subject) -> Finding:
    """A batch gives what its clips give one by one: of unequal lengths where the card promises `padded`."""
    if subject.card.batching == "single":
        return _no("the card promises nothing about batches")
    seconds = (0.73, 1.0, 0.41) if subject.card.batching == "padded" else (0.73, 0.73, 0.73)
    clips = [signals.speech_like(subject.sample_rate, length, seed) for seed, length in enumerate(seconds)]
    singly, together = [subject.encode(clip) for clip in clips], subject.codec.encode(clips)
    share = max(share_differing(*pair) for pair in zip(singly, together, strict=True))
    if share > (0.0 if subject.exact else CUDA_CODE_TOLERANCE):
        return Finding("fail", f"{share:.1%} of a clip's bits or tokens change in a batch")
    decoded = [subject.decode(one) for one in singly]
    largest = max(distance(*pair) for pair in zip(decoded, subject.codec.decode(singly), strict=True))
    return _verdict(largest <= SAMPLE_TOLERANCE, f"{share:.1%} of tokens change, samples by up to {largest:.2g}")


def prefix(subject: Subject) -> Finding:
    """Fewer codebooks send the first streams of what all of them send, and are decoded to the same length."""
    whole = subject.encoded_speech
    if not isinstance(whole, Codes) or len(subject.setting.streams) < 2:
        return _no("there is no second codebook")
    if (why := codebooks.refusal((subject.plugin, subject.setting))) is not None:
        return _no(why)
    count = (len(subject.setting.streams) + 1) // 2
    _, fewer = codebooks.first((subject.plugin, subject.setting), count)
    codec = subject.plugin.open(fewer, subject.resources)
    (sent,) = codec.encode([subject.speech])
    (decoded,) = codec.decode([sent])
    if decoded.num_samples != subject.speech.num_samples:
        return Finding("fail", f"{fewer.id} decodes {decoded.num_samples} of {subject.speech.num_samples} samples")
    cut = replace(whole, streams=whole.streams[:count], codebook_sizes=whole.codebook_sizes[:count])
    share = share_differing(cut, sent)
    allowed = 0.0 if subject.exact else CUDA_CODE_TOLERANCE
    return _verdict(share <= allowed, f"{share:.1%} of the tokens of {fewer.id} are not the first ones of all")


def survives(make: Callable[[int], Audio]) -> Rule:
    """The signal of a sample rate comes back whole, or is refused on purpose: with a `ClipError` that says why."""

    def rule(subject: Subject) -> Finding:
        audio = make(subject.sample_rate)
        try:
            decoded = subject.decode(subject.encode(audio))
        except ClipError as error:
            broken = error.kind in ("not_finite", "empty")  # what `Audio` finds wrong with the output of a codec
            return _verdict(not broken, f"{'decoded' if broken else 'refused'}: {error.message}")
        detail = f"{decoded.num_samples} of {audio.num_samples} samples, peak {decoded.peak:.3g}"
        return _verdict(decoded.num_samples == audio.num_samples, detail)

    return rule


def of_waveform(judge: Callable[[Audio, Audio], Finding]) -> Rule:
    """A rule about speech and what was decoded of it; only a trained codec that keeps the waveform can keep it."""

    def rule(subject: Subject) -> Finding:
        if not subject.card.keeps_waveform:
            return _no("the codec does not keep the waveform")
        if subject.random_weights:
            return _no("the weights are random")
        if subject.decoded_speech.sample_rate != subject.sample_rate:
            return _no("the sample rate is wrong")
        return judge(subject.speech, subject.decoded_speech)

    return rule


def lag(reference: Audio, decoded: Audio) -> Finding:
    """Aligned in time: the cross-correlation peaks within 2 samples."""
    size = 1 << (reference.num_samples + decoded.num_samples).bit_length()
    spectrum = np.fft.rfft(decoded.samples[0], size) * np.conj(np.fft.rfft(reference.samples[0], size))
    peak = int(np.fft.irfft(spectrum, size).argmax())
    samples = peak - size if peak > size // 2 else peak
    return _verdict(abs(samples) <= MAX_LAG_SAMPLES, f"{samples} samples late, allowed are {MAX_LAG_SAMPLES}")


def level(reference: Audio, decoded: Audio) -> Finding:
    """As loud as the input, within 5 dB."""
    after, before = (float(np.mean(np.square(audio.samples))) for audio in (decoded, reference))
    change = 10 * np.log10(max(after, 1e-12) / before)
    return _verdict(abs(change) <= MAX_LEVEL_DB, f"{change:+.1f} dB, allowed are {MAX_LEVEL_DB:g}")


def bandwidth(reference: Audio, decoded: Audio) -> Finding:
    """Every band of 500 Hz below 3 kHz comes back, with at most 20 dB lost."""
    lost = _bands(decoded) < _bands(reference) * 10 ** (-BAND_LOSS_DB / 10)
    kept = int(np.argmax(np.append(lost, True))) * BAND_HZ
    return _verdict(kept >= MIN_BANDWIDTH_HZ, f"up to {kept} Hz, expected are {MIN_BANDWIDTH_HZ}")


def _bands(audio: Audio) -> NDArray[np.float64]:
    """Power in the bands of 500 Hz below half the sample rate."""
    power = np.abs(np.fft.rfft(audio.samples[0])) ** 2
    edges = np.searchsorted(
        np.fft.rfftfreq(audio.num_samples, 1 / audio.sample_rate), np.arange(0, audio.sample_rate // 2, BAND_HZ)
    )
    return np.add.reduceat(power, edges, dtype=np.float64)


def _few(numbers: Sequence[int]) -> str:
    """Numbers, one of them where they are all the same."""
    return str(numbers[0]) if len(set(numbers)) == 1 else str(tuple(numbers))


def _verdict(kept: bool, detail: str) -> Finding:
    return Finding("pass" if kept else "fail", detail)


def _no(reason: str) -> Finding:
    return Finding("not_applicable", reason)
