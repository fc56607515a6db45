"""Codes and Packets count their own bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from codecmark import Codes, Packets, Setting, Stream


def test_tokens_times_the_logarithm_of_their_codebook() -> None:
    codes = Codes([np.zeros(75, np.int64), np.zeros(25, np.int32)], (1024, 500), 24000, side_bits=32)
    assert codes.token_bits == pytest.approx(75 * 10 + 25 * math.log2(500), rel=1e-15)
    assert codes.bits == codes.token_bits + 32


def test_a_second_of_codes_is_the_rate_the_setting_derives() -> None:
    """EnCodec at 24 kHz with 8 codebooks: 75 frames of 8 x 10 bits are 6 kbps (Defossez et al. 2022)."""
    setting = Setting(model="encodec", name="24khz-8", sample_rate=24000, streams=(Stream(75, 1024),) * 8)
    codes = Codes([np.zeros(75, np.int64)] * 8, (1024,) * 8, 24000)
    assert setting.kbps == codes.bits / 1000 == 6.0
    assert (setting.id, setting.n_codebooks, setting.codebook_size, setting.frame_rate) == (
        "encodec/24khz-8",
        8,
        1024,
        75,
    )


def test_streams_that_differ_have_no_one_size_or_rate() -> None:
    setting = Setting(model="m", name="s", sample_rate=1, streams=(Stream(12.5, 256), Stream(25, 512)))
    assert (setting.n_codebooks, setting.codebook_size, setting.frame_rate) == (2, None, None)
    assert setting.kbps == pytest.approx((12.5 * 8 + 25 * 9) / 1000)


def test_bytes_are_eight_bits() -> None:
    assert Packets((b"abc", b"", b"d"), 320).bits == 32.0
    assert Setting(model="m", name="s", sample_rate=None, nominal_kbps=12).kbps == 12


@pytest.mark.parametrize(
    ("streams", "sizes", "message"),
    [
        ([np.array([0, 4])], (4,), r"stream 0 holds tokens outside 0\.\.3"),
        ([np.array([0]), np.array([-1])], (4, 4), r"stream 1 holds tokens outside 0\.\.3"),
        ([np.array([0.0])], (4,), "not a one-dimensional integer array"),
        ([np.array([[0]])], (4,), "not a one-dimensional integer array"),
        ([np.array([0])], (4, 4), "1 streams but 2 codebook sizes"),
    ],
)
def test_tokens_that_cannot_be(streams: Any, sizes: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Codes(streams, sizes, 1)


def test_no_tokens_are_no_bits() -> None:
    assert Codes([np.zeros(0, np.int64)], (1024,), 0).bits == 0
