"""Makes the clips of the `starter` dataset: python examples/starter/make_clips.py [FOLDER]

Needs flite and espeak-ng (apt install flite espeak-ng). Writes 16-bit FLAC files and manifest.jsonl into FOLDER, by
default the one that is shipped. The speech depends on the versions of the two programs; README.md there names them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import instruments
import numpy as np
from instruments import Signal

from codecmark.core.audio import Audio
from codecmark.core.resources import file_sha256

SPEECH_RATE = 16000
SHIPPED = Path(__file__).parents[2] / "benchmark" / "codecmark" / "datasets" / "starter_clips"
FLITE = ["flite", "-voice"]
ESPEAK = ["espeak-ng", "-a", "60", "-s", "150", "-v"]
VOICES = {
    "slt": [*FLITE, "slt"],
    "rms": [*FLITE, "rms"],
    "awb": [*FLITE, "awb"],
    "kal": [*FLITE, "kal16"],
    "esgb": [*ESPEAK, "en-gb-x-rp"],
    "esus": [*ESPEAK, "en-us+Annie"],
}
# The first six are one of each voice, so that any eight from the start hold every voice.
SENTENCES = [
    ("slt", "The morning ferry crossed the quiet bay while gulls circled above the bridge."),
    ("rms", "Please measure the yellow thread twice before you join the two pieces."),
    ("awb", "A cheerful judge poured ginger tea into a thick brown mug."),
    ("kal", "Nobody noticed how softly the snow had covered the village overnight."),
    ("esgb", "Five young zebras jogged past the fence and vanished into the haze."),
    ("esus", "Her voice was hoarse, but she chose to sing the lowest verse anyway."),
    ("slt", "Check whether the oven is warm enough, then bake the fish for half an hour."),
    ("rms", "Our neighbor keeps two owls, and paints them in unusual shades of blue."),
    ("awb", "Loud thunder rolled around the valley as they pushed the cart uphill."),
    ("kal", "Which path would you choose if the shortest way were flooded?"),
    ("slt", "The vision of a treasure under the azure pool was pure fiction."),
    ("rms", "Tomorrow the engineers will test a smaller engine on the northern track."),
]
OTHERS = {
    "music": [instruments.chords_and_drums, instruments.plucked_strings, instruments.bells],
    "sound": [instruments.rain, instruments.siren],
}


def speak(voice: str, sentence: str) -> Signal:
    """One sentence at 16 kHz, silence at both ends cut to 0.15 s; its level is the program's own."""
    output = "-w" if VOICES[voice][0] == "espeak-ng" else "-o"
    text = [sentence] if output == "-w" else ["-t", sentence]
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        subprocess.run([*VOICES[voice], output, str(wav), *text], check=True)
        audio = Audio.read(wav).resample(SPEECH_RATE, "VHQ")
    samples = audio.samples[0].astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > 0.01 * audio.peak)
    margin = round(0.15 * SPEECH_RATE)
    return samples[max(loud[0] - margin, 0) : loud[-1] + margin]


def within(samples: Signal, low: float = 0.3, high: float = 0.9) -> Signal:
    """The samples with their peak moved into a sensible range, if it is outside of it."""
    peak = float(np.abs(samples).max())
    return samples * (min(max(peak, low), high) / peak)


def store(folder: Path, audio: Audio, row: dict[str, str | None]) -> dict[str, object]:
    """Writes the clip of a manifest row and returns the row completed."""
    path = folder / f"{row['id']}.flac"
    audio.write(path)
    facts = {"sample_rate": audio.sample_rate, "duration_s": round(audio.seconds, 4), "sha256": file_sha256(path)}
    return {"id": row["id"], "path": path.name, **row, **facts}


def main(folder: Path) -> None:
    rows = []
    count = dict.fromkeys(VOICES, 0)
    for voice, sentence in SENTENCES:
        count[voice] += 1
        name = f"{voice}-{count[voice]:02}"
        audio = Audio(within(speak(voice, sentence)), SPEECH_RATE)
        program = VOICES[voice][0]
        row = {"id": name, "kind": "speech", "text": sentence, "speaker": voice, "language": "en", "made_by": program}
        rows.append(store(folder, audio, row))
    for kind, players in OTHERS.items():
        for play in players:
            samples = play(np.random.default_rng(len(rows)))
            audio = Audio(0.7 * samples / np.abs(samples).max(), instruments.RATE)
            rows.append(store(folder, audio, {"id": play.__name__.replace("_", "-"), "kind": kind, "made_by": "numpy"}))
    lines = [json.dumps(row) + "\n" for row in rows]
    (folder / "manifest.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED)
