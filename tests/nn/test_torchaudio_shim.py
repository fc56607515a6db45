"""The torchaudio shim, each time in a process of its own: imports cannot be undone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES_THAT_NEED_TORCHAUDIO = """
from codecmark.nn.torchaudio_shim import prepare_torchaudio
outcome = prepare_torchaudio()
assert prepare_torchaudio() == outcome
import torchaudio, torch
assert torchaudio._extension._IS_TORCHAUDIO_EXT_AVAILABLE == (outcome == "native")
assert torchaudio.functional.resample(torch.ones(1, 320), 16000, 8000).shape == (1, 160)
from speechbrain.inference.speaker import EncoderClassifier
from transformers import (
    BarkModel, ClapModel, MimiModel, MusicgenForConditionalGeneration, MusicgenMelodyForConditionalGeneration,
    SeamlessM4TModel, SeamlessM4Tv2Model, WhisperForConditionalGeneration,
)
print(outcome)
"""

OUTCOME = """
import sys
from codecmark.nn import torchaudio_shim
assert "torchaudio" not in sys.modules and "torch" not in sys.modules
{before}
print(torchaudio_shim.prepare_torchaudio())
"""


def run(code: str, path: Path | None = None) -> str:
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else dict(os.environ)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def fake_torchaudio(folder: Path, extension: str) -> Path:
    (folder / "torchaudio/_extension").mkdir(parents=True)
    (folder / "torchaudio/__init__.py").write_text("from . import before, _extension\n")
    (folder / "torchaudio/before.py").touch()
    (folder / "torchaudio/_extension/__init__.py").write_text(extension)
    return folder


def test_packages_that_need_torchaudio_import_after_it() -> None:
    assert run(PACKAGES_THAT_NEED_TORCHAUDIO) in ("native", "shimmed")


def test_a_working_torchaudio_is_left_alone(tmp_path: Path) -> None:
    assert run(OUTCOME.format(before=""), fake_torchaudio(tmp_path, "")) == "native"


@pytest.mark.parametrize("error", ["OSError('libcudart.so.13')", "RuntimeError('different CUDA versions')"])
def test_an_extension_that_does_not_load_is_replaced(tmp_path: Path, error: str) -> None:
    assert run(OUTCOME.format(before=""), fake_torchaudio(tmp_path, f"raise {error}")) == "shimmed"


def test_no_torchaudio() -> None:
    assert run(OUTCOME.format(before="sys.modules['torchaudio'] = None")) == "absent"
