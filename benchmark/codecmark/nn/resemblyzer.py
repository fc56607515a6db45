"""Speaker embeddings by Resemblyzer: GE2E (Wan et al., ICASSP 2018), trained weights inside the wheel."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from codecmark.core.audio import Audio
from codecmark.core.errors import ClipError

with warnings.catch_warnings():  # its voice activity detector says at length that pkg_resources will go away
    warnings.simplefilter("ignore")
    from resemblyzer import VoiceEncoder, preprocess_wav

SAMPLE_RATE = 16000


class Encoder:
    """The network on one device."""

    def __init__(self, device: str) -> None:
        self._network = VoiceEncoder(device, verbose=False)

    def embed(self, audio: Audio) -> NDArray[np.float32]:
        """The embedding of unit length of mono audio at any rate; quiet clips are raised and long pauses cut out.

        Raises `ClipError` when its voice activity detector hears no voice.
        """
        voiced = preprocess_wav(audio.resample(SAMPLE_RATE).samples[0])
        if voiced.size == 0:
            raise ClipError("no_voice", "no voice was heard in it")
        embedding: NDArray[np.float32] = self._network.embed_utterance(voiced)
        if not np.isfinite(embedding).all():
            raise ClipError("no_voice", "its voice has no embedding")
        return embedding
