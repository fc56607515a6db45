"""What the pocket codec learns from: openly licensed recordings, and sentences spoken by a synthesiser."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import torch
from torch import Tensor

from codecmark.core.audio import Audio

RATE = 16000
CORPORA = ("librispeech_train_clean_100", "vctk_16k")
VOICES = (
    "en-us", "en-us+f2", "en-us+m3", "en-us+Andy", "en-us-nyc", "en-us-nyc+f4", "en-gb-scotland", "en-gb-scotland+f3",
    "en-gb-x-gbclan", "en-gb-x-gbclan+linda", "en-gb-x-gbcwmd", "en-029+m7",
)  # fmt: skip
"""Of espeak-ng; none of them speaks in the `starter` dataset."""
SENTENCES = (
    "The harbour lights were lit before the evening train arrived at the station.",
    "She sells fresh cheese, six kinds of fish, and a very good vinegar.",
    "Thirty young judges argued about the measure all through Thursday.",
    "Why would anyone throw away such a beautiful old leather chair?",
    "A pale blue vase stood on the shelf beside the open window.",
)


def recordings(data: Path) -> list[Tensor]:
    """Every clip (samples,) of the two corpora whose licence is clear, from their folders below `data`."""
    waves = []
    for corpus in CORPORA:
        for line in (data / corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["licence_clear"]:
                waves.append(_samples(data / corpus / row["path"]))
    return waves


def spoken() -> list[Tensor]:
    """Every sentence by every voice; needs the program espeak-ng."""
    waves = []
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        for voice in VOICES:
            for sentence in SENTENCES:
                subprocess.run(["espeak-ng", "-v", voice, "-a", "60", "-w", str(wav), sentence], check=True)
                waves.append(_samples(wav))
    return waves


def crops(waves: list[Tensor], shape: tuple[int, int], generator: torch.Generator) -> Tensor:
    """A batch (clips, 1, samples) of excerpts, each as likely to start at any sample of all, 9 dB softer to 3 louder.

    The whole batch has the shape `shape` without its middle.
    """
    count, length = shape
    chosen = torch.multinomial(torch.tensor([float(len(wave)) for wave in waves]), count, True, generator=generator)
    batch = torch.zeros(count, 1, length)
    for row, index in zip(batch[:, 0], chosen.tolist(), strict=True):
        start = int(torch.randint(max(1, len(waves[index]) - length), (1,), generator=generator))
        piece = waves[index][start : start + length]
        row[: len(piece)] = piece
    decibels = 12 * torch.rand(count, 1, 1, generator=generator) - 9
    return (batch * 10 ** (decibels / 20)).clamp(-1, 1)


def _samples(path: Path) -> Tensor:
    return torch.from_numpy(Audio.read(path).resample(RATE, "VHQ").samples[0].copy())
