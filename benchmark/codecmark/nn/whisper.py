"""Speech recognition by Whisper (Radford et al. 2022, openai-whisper): greedy, without timestamps, in batches."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
import whisper
from numpy.typing import NDArray
from whisper.audio import N_SAMPLES, SAMPLE_RATE
from whisper.tokenizer import LANGUAGES

from codecmark.core.audio import Audio
from codecmark.core.errors import WeightsError
from codecmark.core.resources import home

BATCH = 32
"""Pieces decoded together. With large-v3 in half precision each takes about 0.25 GB."""
SEARCH_SECONDS, FRAME_SECONDS = 5, 0.1
"""A clip too long for one window is cut at the quietest frame of the window's last seconds."""

Spoken = tuple[Audio, str]
"""Mono audio at any rate and the code of the language spoken in it."""


class Transcriber:
    """A checkpoint on one device: the original weights, half precision on a GPU, single on a CPU.

    Greedy, because batches of openai-whisper are right for greedy decoding only; without its fall-back to higher
    temperatures, which would make the text of a clip a matter of chance. Raises `WeightsError` for a file that is no
    checkpoint of Whisper.
    """

    def __init__(self, checkpoint: Path, device: str) -> None:
        try:
            self._model = whisper.load_model(str(checkpoint), device=device)
        except (UnpicklingError, EOFError, KeyError, TypeError, RuntimeError) as error:
            why = " ".join(str(error).split())[:200]
            raise WeightsError(f"{checkpoint} is no checkpoint of openai-whisper: {why}") from error
        self._half = device.startswith("cuda")

    @property
    def precision(self) -> str:
        return "float16" if self._half else "float32"

    def knows(self, language: str) -> bool:
        """Whether the checkpoint was trained on this language, by its code."""
        if not self._model.is_multilingual:
            return language == "en"
        return language in list(LANGUAGES)[: self._model.num_languages]

    def transcribe(self, clips: Sequence[Spoken]) -> list[str]:
        """The text heard in each clip, in order. Clips of like length are decoded together, and each language apart;
        what is longer than Whisper's window of 30 s is cut at a quiet moment."""
        pieces = [(index, language, piece) for index, (audio, language) in enumerate(clips) for piece in _cut(audio)]
        ranked = sorted(range(len(pieces)), key=lambda rank: len(pieces[rank][2]))
        by_language: dict[str, list[int]] = defaultdict(list)
        for rank in ranked:
            by_language[pieces[rank][1]].append(rank)
        heard: dict[int, str] = {}
        for language, ranks in by_language.items():
            for start in range(0, len(ranks), BATCH):
                batch = ranks[start : start + BATCH]
                heard |= zip(batch, self._decode([pieces[rank][2] for rank in batch], language), strict=True)
        texts: dict[int, list[str]] = defaultdict(list)
        for rank, (index, _, _) in enumerate(pieces):
            texts[index].append(heard[rank])
        return [" ".join(texts[index]) for index in range(len(clips))]

    def _decode(self, pieces: Sequence[NDArray[np.float32]], language: str) -> list[str]:
        windows = np.stack([whisper.pad_or_trim(piece) for piece in pieces])
        sound = torch.from_numpy(windows).to(self._model.device)
        spectrograms = torch.stack([whisper.log_mel_spectrogram(one, self._model.dims.n_mels) for one in sound])
        options = whisper.DecodingOptions(language=language, without_timestamps=True, fp16=self._half)
        return [result.text for result in whisper.decode(self._model, spectrograms, options)]


def _cut(audio: Audio) -> Iterator[NDArray[np.float32]]:
    samples = audio.resample(SAMPLE_RATE).samples[0]
    frame = round(FRAME_SECONDS * SAMPLE_RATE)
    search = SEARCH_SECONDS * SAMPLE_RATE
    while len(samples) > N_SAMPLES:
        frames = samples[N_SAMPLES - search : N_SAMPLES].reshape(-1, frame)
        quietest = int((frames**2).sum(axis=1).argmin())
        end = N_SAMPLES - search + quietest * frame + frame // 2
        yield samples[:end]
        samples = samples[end:]
    yield samples


class Originals:
    """What a checkpoint hears in uncoded clips, kept on disk, for every run over a corpus asks the same."""

    def __init__(self, transcriber: Transcriber, evaluator: str) -> None:
        key = f"{evaluator} {whisper.__version__} {transcriber.precision}"
        self._transcriber = transcriber
        self._folder = home() / "cache" / "transcripts" / hashlib.sha256(key.encode()).hexdigest()[:16]

    def transcribe(self, clips: Sequence[Spoken]) -> list[str]:
        """As `Transcriber.transcribe`; only what was never heard before is listened to."""
        places = [self._folder / f"{audio.sha256}.{language}.txt" for audio, language in clips]
        missing = {place: clip for place, clip in zip(places, clips, strict=True) if not place.is_file()}
        heard = dict(zip(missing, self._transcriber.transcribe(list(missing.values())), strict=True))
        for place, text in heard.items():
            _keep(place, text)
        return [heard[place] if place in heard else place.read_text(encoding="utf-8") for place in places]


def _keep(place: Path, text: str) -> None:
    """Writes a file whole or not at all; a cache that cannot be written is done without."""
    part = place.with_name(f".{place.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(place)
