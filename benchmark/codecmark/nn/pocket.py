"""Pocket: a narrow causal SEANet with factorised codebooks, whose weights come with the package."""

from __future__ import annotations

from pathlib import Path

from codecmark.core.contracts import Codec
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting
from codecmark.nn import checkpoints
from codecmark.nn.rvq import FactorisedCodebook, ResidualVQ
from codecmark.nn.seanet import Seanet, SeanetCodec
from codecmark.nn.whole_clips import WholeClips

SEANET = Seanet(filters=12, dimension=64, strides=(5, 4, 4, 4), causal=True, mode="constant")
SAMPLE_RATE = 16000
CODEBOOKS, CODEBOOK_SIZE, LOOKED_UP_IN = 8, 1024, 8


class Pocket(SeanetCodec):
    """Every convolution sees the past only, and zeros before the start: what stands behind a clip changes nothing."""

    whole_frames = True
    padded_batches = True

    def __init__(self) -> None:
        books = (FactorisedCodebook(CODEBOOK_SIZE, SEANET.dimension, LOOKED_UP_IN) for _ in range(CODEBOOKS))
        super().__init__(SEANET, SAMPLE_RATE, ResidualVQ(*books))


def open_codec(setting: Setting, path: Path, resources: Resources) -> Codec:
    """The codec with the weights of a file. Raises `WeightsError` unless every tensor finds its place."""
    network = Pocket()
    checkpoints.fit(network, checkpoints.read(path, setting.model, resources), path)
    return WholeClips(network, len(setting.streams), resources.device)
