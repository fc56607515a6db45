"""The codecs of FFmpeg's libavcodec through PyAV: bare packets, without any container."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import av
import numpy as np

from codecmark.core.settings import Setting
from codecmark.nn.frames import FrameCodec, Samples, from_int16, to_int16

SAMPLE_FORMATS = ("flt", "fltp", "s16")
"""What samples are handed over as: the first that the encoder takes."""


class LibavEncoder:
    """An encoder of libavcodec by name. The setting's option `bit_rate` (bit/s) and whatever else libavcodec calls an
    option are set.

    `frame` is its samples per packet; `header` what it says once before the first packet, if anything.
    """

    def __init__(self, setting: Setting, name: str) -> None:
        assert setting.sample_rate is not None
        self.sample_rate = setting.sample_rate
        self._name = name
        self._options = {name: str(value) for name, value in setting.options.items() if name != "bit_rate"}
        self._bit_rate = int(setting.options["bit_rate"])
        taken = {format.name for format in av.Codec(name, "w").audio_formats or ()}
        self._format = next(name for name in SAMPLE_FORMATS if name in taken)
        context = self._open()
        self.frame = context.frame_size
        self.header = context.extradata

    def encode(self, samples: Samples) -> list[bytes]:
        """The packets of whole frames, to the last one that the flush gives."""
        context = self._open()
        native = to_int16(samples) if self._format == "s16" else samples
        packets = []
        for start in range(0, len(native), self.frame):
            part = native[None, start : start + self.frame]
            frame = av.AudioFrame.from_ndarray(part, format=self._format, layout="mono")
            frame.sample_rate = self.sample_rate
            frame.pts = start
            packets += context.encode(frame)
        packets += context.encode(None)
        return [bytes(packet) for packet in packets]

    def _open(self) -> av.AudioCodecContext:
        context = _context(self._name, "w", self.sample_rate)
        context.format = self._format
        context.bit_rate = self._bit_rate
        context.options = self._options
        context.open()
        return context


class LibavCoder:
    """An encoder and a decoder of libavcodec, by name.

    The encoder's header is the same for every clip of a setting, so it is agreed beforehand like the setting itself,
    and not counted.
    """

    def __init__(self, setting: Setting, encoder: str, decoder: str) -> None:
        self._encoder = LibavEncoder(setting, encoder)
        self._decoder = decoder

    @property
    def frame(self) -> int:
        return self._encoder.frame

    def encode(self, samples: Samples) -> list[bytes]:
        return self._encoder.encode(samples)

    def decode(self, packets: Sequence[bytes]) -> Samples:
        context = _context(self._decoder, "r", self._encoder.sample_rate)
        if self._encoder.header is not None:
            context.extradata = self._encoder.header
        context.open()
        frames = [frame for packet in packets for frame in context.decode(av.Packet(packet))]
        frames += context.decode(None)
        native = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
        return from_int16(native) if native.dtype == np.int16 else native


def open_libav(setting: Setting, encoder: str, decoder: str, delay: int) -> FrameCodec:
    """The codec of a setting; `delay` in samples at its rate."""
    assert setting.sample_rate is not None
    return FrameCodec(LibavCoder(setting, encoder, decoder), setting.sample_rate, delay)


def _context(name: str, mode: Literal["r", "w"], sample_rate: int) -> av.AudioCodecContext:
    context = av.CodecContext.create(name, mode)
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate = sample_rate
    context.layout = "mono"
    context.thread_count = 1
    return context
