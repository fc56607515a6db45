"""A browser for all tests of a session, and a made-up run that has a bit of everything, published."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from codecmark import Audio
from codecmark.core.scores import Failure, NotApplicable, Unavailable
from codecmark.publish.leaderboard import publish
from codecmark.results.store import REFERENCE, Store


def beside(name: str, path: Path) -> ModuleType:
    """A module of the tests by its file: test modules cannot import one another by name."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


MADE_UP = beside("made_up_run_of_pages", Path(__file__).parents[1] / "publish" / "conftest.py")
BROWSER = beside("browser_of_pages", Path(__file__).parent / "browser.py")

CLIPS = ("a", "b", "c", "d", "e")
SETTINGS = (
    # model, name, kind, kbps, sample rate, PESQ
    ("opus", "6", "classical", 6.0, 16000, 2.0),
    ("opus", "12", "classical", 12.0, 16000, 3.0),
    ("opus", "24", "classical", 24.0, 16000, 4.2),
    ("toy", "3", "neural", 3.0, 24000, 2.5),
    ("toy", "12.5", "neural", 12.5, 24000, 2.9),
    ("identity", "pcm", "anchor", None, None, 4.5),
)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    program = BROWSER.chromium()
    if program is None:
        pytest.skip("Chromium is absent (Debian: apt install chromium)")
    found = BROWSER.Browser(program, tmp_path_factory.mktemp("chromium"))
    found.look(1400)
    yield found
    found.close()


@pytest.fixture
def view(browser: Any) -> Any:
    """The browser with the window of a desk and a light scheme."""
    browser.look(1400)
    return browser


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core, which is not part of the project."""
    places = [os.environ.get("AXE_CORE", ""), "node_modules/axe-core/axe.min.js"]
    found = next((Path(place) for place in places if place and Path(place).is_file()), None)
    if found is None:
        pytest.skip("axe-core is absent (npm install axe-core, or AXE_CORE names axe.min.js)")
    return found.read_text(encoding="utf-8")


@pytest.fixture
def made_up(tmp_path: Path) -> Any:
    """A run without anything in it yet."""
    return MADE_UP.MadeUpRun(tmp_path / "toy-run")


Voice = Callable[..., Audio]


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, voice: Voice) -> Path:
    """Six settings on five clips, with a failure, an inapplicable score and missing weights, and the audio of one."""
    run = MADE_UP.MadeUpRun(tmp_path_factory.mktemp("page") / "toy-run", clips=CLIPS)
    run.asked = {"options": {"weights_root": "/home/me/weights"}, "places": {"/home/me/weights": "WEIGHTS"}}
    run.metric("kbps", higher=None, quality=False, title="Bit rate", unit="kbps")
    for name, higher in (("pesq_wb", True), ("stoi", True), ("mel_cs", False), ("wer", False), ("si_sdr", True)):
        run.metric(name, higher=higher, title=name.upper())
    run.metric("encode_rtf", higher=False, quality=False, decimals=4)
    for model, name, kind, kbps, rate, pesq in SETTINGS:
        survey_id = {"toy/3": "E2"}.get(f"{model}/{name}")
        known = {"kbps": kbps, "sample_rate": rate, "survey_id": survey_id, "card_title": model.capitalize()}
        id_ = run.setting(model, name, kind, **known)
        for i, clip in enumerate(CLIPS):
            run.answer(id_, "kbps", clip, kbps or 512.0)
            run.answer(id_, "pesq_wb", clip, pesq + (i - 2) / 10)
            run.answer(id_, "stoi", clip, pesq / 5)
            run.answer(id_, "mel_cs", clip, 5 - pesq)
            run.answer(id_, "wer", clip, Unavailable("the weights of whisper are missing: codecmark download whisper"))
            identical = model == "identity"
            run.answer(id_, "si_sdr", clip, NotApplicable("identical") if identical else 3 * pesq)
        run.answer(id_, "encode_rtf", CLIPS[0], 0.01)
    run.answer("opus/6", "stoi", "c", Failure("score", "crash", "the worker died"), attempt=2)
    for id_ in ("toy/3", "toy/12.5"):
        licence = {"code_licence": "CC-BY-NC-4.0 (code)", "notes": ("Configuration assumed.",)}
        run.settings[id_]["card"] |= licence
    run.records = [replace(row, flag="configuration assumed" * row.setting.startswith("toy/3")) for row in run.records]
    folder = run.write()
    for setting in (REFERENCE, "opus/12"):
        for i, clip in enumerate(CLIPS):
            path = Store(folder).audio_path("toy", setting, clip)
            path.parent.mkdir(parents=True, exist_ok=True)
            voice(3.0, seed=i).write(path)
    return Path(folder)


@pytest.fixture(scope="session")
def site(run_folder: Path) -> Path:
    """Published with room for the audio of two clips in a page."""
    out = run_folder.parent / "site"
    publish([run_folder], out, audio_mb=0.3)
    return out
