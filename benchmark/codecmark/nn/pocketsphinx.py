"""Speech recognition by PocketSphinx, whose model of US English comes inside its wheel. A poor listener by today's
measure, but one that is the same everywhere and needs no download."""

from __future__ import annotations

import numpy as np
from pocketsphinx import Decoder

from codecmark.core.audio import Audio

SAMPLE_RATE = 16000


class Recogniser:
    """One decoder for all clips. Given whole utterances it normalises the cepstra of each by its own mean, so that
    no state goes from one clip to the next and their order does not matter."""

    def __init__(self) -> None:
        self._decoder = Decoder(loglevel="FATAL")

    def transcribe(self, audio: Audio) -> str:
        """The words heard in mono audio at any rate; empty when none were."""
        samples = audio.resample(SAMPLE_RATE).samples[0]
        pcm = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
        self._decoder.start_utt()
        self._decoder.process_raw(pcm.tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return str(found.hypstr) if found is not None else ""
