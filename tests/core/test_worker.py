"""The file that runs in other interpreters: its audio against libsndfile's, and what it may be written in."""

from __future__ import annotations

import subprocess
import sys
from array import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from codecmark import Audio
from codecmark.core import worker

STEREO = [[0.0, 0.25, -1.5], [1.0, 1e-7, 0.5]]


@pytest.mark.parametrize("numpy", [True, False])
@pytest.mark.parametrize(
    "samples",
    [
        STEREO,
        STEREO[0],
        tuple(STEREO[0]),
        array("f", STEREO[1]),
        array("d", STEREO[1]),
        np.array(STEREO),
        np.array(STEREO[0], dtype=np.float16),
        torch.tensor(STEREO, requires_grad=True),
        torch.tensor(STEREO, dtype=torch.float64).T.contiguous().T,
    ],
)
def test_what_it_writes_is_read_by_others(
    tmp_path: Path, samples: Any, numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        if not numpy:
            context.delitem(sys.modules, "numpy")
        worker.write_wav(tmp_path / "a.wav", samples, 22050)
    found, rate = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)
    plain = samples.tolist() if hasattr(samples, "tolist") else samples
    assert rate == 22050
    assert soundfile.info(tmp_path / "a.wav").subtype == "FLOAT"
    np.testing.assert_array_equal(found.T, np.atleast_2d(np.array(plain, dtype=np.float32)))


@pytest.mark.parametrize("numpy", [True, False])
@pytest.mark.parametrize("samples", [["a"], [["a"]], [[[0.0]]], [[0.0, 1.0], [0.0]], 3.0, None])
def test_what_it_cannot_write_it_refuses(
    tmp_path: Path, samples: Any, numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        if not numpy:
            context.delitem(sys.modules, "numpy")
        with pytest.raises((TypeError, ValueError)):
            worker.write_wav(tmp_path / "a.wav", samples, 16000)


def test_it_reads_what_others_write(tmp_path: Path, voice: Any) -> None:
    audio = voice(0.1)
    audio.write(tmp_path / "a.wav", "FLOAT")
    assert worker.Sound(str(tmp_path / "a.wav"), audio.sample_rate).samples() == array("f", audio.samples[0])
    assert Audio.read(tmp_path / "a.wav").sample_rate == audio.sample_rate


@pytest.mark.parametrize("environ", [{}, {worker.GUARD: "1"}, {worker.GUARD: "2"}])
def test_nobody_starts_it_by_hand(environ: dict[str, str]) -> None:
    """It would end its whole session when its line ends."""
    command = [sys.executable, "-I", worker.__file__, "0"]
    done = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "codecmark starts this, in a session of its own; nothing else does\n"
