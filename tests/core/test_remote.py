"""Models in an interpreter of their own: what goes there and back, what they may do, and what is left of them."""

from __future__ import annotations

import ast
import gc
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from codecmark import (
    Audio,
    Clip,
    ClipError,
    CodecPlugin,
    Codes,
    LMPlugin,
    Packets,
    RemoteLM,
    Request,
    Resources,
    Weights,
    WeightsFile,
)
from codecmark.core import provision, registry
from codecmark.core.errors import PluginError, WeightsMissing

pytestmark = pytest.mark.usefixtures("plug_ins")

Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where models put their files; nothing but logs is left there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield folder
    gc.collect()
    assert [path.name for path in folder.iterdir() if path.suffix != ".log"] == []


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LMPlugin:
    """The puppet, with its environment made: this interpreter."""
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "home"))
    found = cast(LMPlugin, registry.get("lms", "puppet"))
    assert found.environment is not None
    provision.create(found.environment, existing=sys.executable)
    return found


@pytest.fixture
def puppet(plugin: LMPlugin, left_behind: Any) -> Iterator[Open]:
    """Opens the puppet, with changes to its environment; in the end nothing of it runs."""

    def make(resources: Resources | None = None, **changes: Any) -> RemoteLM:
        assert plugin.environment is not None
        return RemoteLM(replace(plugin.environment, **changes), plugin.settings[0], resources or Resources())

    yield make
    gc.collect()
    assert left_behind() == []


def ask(model: Any, text: str, audio: Audio | None = None, **fields: Any) -> Any:
    (response,) = model.generate([Request(id="a", act="SE", text=text, audio=audio, **fields)])
    return response


def pid(model: Any) -> str:
    return str(ask(model, "count").text).split()[-1]


def test_audio_comes_back_to_the_bit(puppet: Open, voice: Any) -> None:
    model, audio = puppet(), voice(0.5)
    response = ask(model, "hello \N{SNOWMAN} \n you", audio)
    np.testing.assert_array_equal(response.audio.samples, audio.samples)
    assert (response.audio.sample_rate, response.text) == (audio.sample_rate, "hello \N{SNOWMAN} \n you")
    two = model.generate([Request(id=str(n), act="SE", text=str(n), audio=voice(0.1, seed=n)) for n in range(2)])
    assert [answer.text for answer in two] == ["0", "1"]
    assert not np.array_equal(two[0].audio.samples, two[1].audio.samples)


def test_a_model_hears_mono_at_its_own_rate_and_may_answer_in_stereo_at_another(puppet: Open, voice: Any) -> None:
    audio = voice(0.5, rate=8000)
    both = Audio(np.concatenate([audio.samples, -audio.samples / 2]), 8000)
    heard = ask(puppet(), "echo", both).audio
    expected = both.mono().resample(16000)
    assert heard.sample_rate == 16000
    np.testing.assert_array_equal(heard.samples, expected.samples)
    stereo = ask(puppet(), "stereo").audio
    assert stereo.sample_rate == 22050
    assert stereo.samples.tolist() == [[0.0, 0.25, 0.5], [1.0, -1.0, 0.125]]


def test_it_is_told_all_of_a_request_but_the_answer(puppet: Open, voice: Any) -> None:
    truth = Clip(id="truth", load=lambda: voice(), seconds=1.0, sha256="secret", text="secret")
    text = ask(puppet(), "told", prompt=voice(0.1), prompt_text="so", max_seconds=2.5, seed=7, reference=truth).text
    assert "secret" not in text
    told = ast.literal_eval(text.replace(text[text.index("<") : text.index(">") + 1], "'a sound'"))
    assert dict(told) == {
        "id": "a",
        "act": "SE",
        "text": "told",
        "phonemes": None,
        "midi": None,
        "instruction": None,
        "audio": None,
        "prompt": "a sound",
        "prompt_text": "so",
        "edit_span": None,
        "source_language": None,
        "target_language": None,
        "max_seconds": 2.5,
        "seed": 7,
    }


def test_where_it_runs(puppet: Open, monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    """Not in our working folder, not on our import path; with no GPU unless told so, and offline when we are."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-5")
    place = ast.literal_eval(ask(puppet(), "place").text)
    assert place["setting"]["options"] == {"strings": 7}
    assert (place["PYTHONPATH"], place["CUDA_VISIBLE_DEVICES"], place["HF_HUB_OFFLINE"]) == (None, "", None)
    assert temporary in Path(place["cwd"]).parents
    ours = {str(Path.cwd()), str(Path(provision.__file__).parent), str(Path(provision.__file__).parents[2]), ""}
    isolated = [sys.executable, "-I", "-c", "import sys; print(sys.path)"]  # here we may be installed ourselves
    alone = ast.literal_eval(subprocess.run(isolated, check=True, capture_output=True, text=True).stdout)
    assert not ours & (set(place["path"]) - set(alone))
    place = ast.literal_eval(ask(puppet(Resources(device="cuda:1", offline=True)), "place").text)
    assert (place["setting"]["device"], place["CUDA_VISIBLE_DEVICES"], place["HF_HUB_OFFLINE"]) == (
        "cuda",
        "GPU-5",
        "1",
    )
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    place = ast.literal_eval(ask(puppet(Resources(device="cuda:1")), "place").text)
    assert place["CUDA_VISIBLE_DEVICES"] == "1"


def test_it_is_told_where_its_weights_are(plugin: LMPlugin, puppet: Open, tmp_path: Path) -> None:
    weights = Weights(name="strings", files=(WeightsFile(name="strings.bin"),), source="the tests")

    def told(**resources: Any) -> tuple[Any, Any]:
        assert plugin.environment is not None
        model = RemoteLM(plugin.environment, plugin.settings[0], Resources(**resources), weights)
        setting = ast.literal_eval(ask(model, "place").text)["setting"]
        return setting["weights"], setting["trusted"]

    with pytest.raises(WeightsMissing, match="weights 'strings' are missing"):
        told()
    assert told(random_weights=True) == (None, False)
    folder = tmp_path / "weights" / "strings"
    folder.mkdir(parents=True)
    (folder / "strings.bin").write_bytes(b"catgut")
    assert told(weights_root=folder.parent) == (str(folder), False)
    assert told(weights_root=folder.parent, trusted_pickles=frozenset({"strings"})) == (str(folder), True)


def test_noise_does_not_disturb(puppet: Open, voice: Any, temporary: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model, audio = puppet(), voice(0.1)
    np.testing.assert_array_equal(ask(model, "noise", audio).audio.samples, audio.samples)
    (log,) = temporary.glob("*.log")
    said = log.read_text()
    assert all(f"from {what}" in said for what in ("a print", "the descriptor", "a shell", "a child"))
    assert "and its errors" in said
    assert "without an end" in said
    assert capfd.readouterr() == ("", "")
    del model
    gc.collect()
    assert not log.exists()  # nothing went wrong


def test_there_is_no_input_to_wait_for(puppet: Open) -> None:
    assert ask(puppet(), "reads").text == "|"


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("raises", "ValueError", "ValueError: this text is not for me (adapter.py, line "),
        ("exits", "SystemExit", "SystemExit: 2 (adapter.py, line "),
        ("broken", "broken_file", "the model in environment 'puppet' gave a broken file: cannot read audio "),
        ("empty", "broken_file", "the model in environment 'puppet' gave a broken file: cannot read audio "),
        ("missing", "broken_file", "nowhere.wav: no such file"),
        ("silent", "empty", "the signal has no samples"),
        ("nan", "not_finite", "the signal holds NaN"),
        ("typo", "wrong_answer", "the adapter gave ['adio'], known are ['audio', "),
        ("unspeakable", "TypeError", "TypeError: object cannot be sent"),
        ("nothing", "TypeError", "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_what_is_wrong_with_one_answer_costs_only_that(
    puppet: Open, voice: Any, text: str, kind: str, message: str
) -> None:
    model = puppet()
    before = pid(model)
    with pytest.raises(ClipError) as raised:
        ask(model, text, voice(0.1))
    assert raised.value.kind == kind
    assert message in raised.value.message
    assert "\n" not in raised.value.message
    assert pid(model) == before  # the same process goes on


def test_a_traceback_comes_along(puppet: Open) -> None:
    with pytest.raises(ClipError) as raised:
        ask(puppet(), "raises")
    assert 'adapter.py", line' in str(raised.value.__cause__)
    assert "ValueError: this text\nis not for me" in str(raised.value.__cause__)


def test_a_file_that_the_model_wrote_itself(puppet: Open, voice: Any) -> None:
    audio = voice(0.1)
    np.testing.assert_array_equal(ask(puppet(), "own", audio).audio.samples, audio.samples)


def test_a_long_answer_and_a_long_question(puppet: Open) -> None:
    """Longer than any buffer on the way."""
    model = puppet()
    assert ask(model, "long").text == "word " * 400000
    assert ask(model, "told", prompt_text="word " * 400000).text.count("word") == 400000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("crash", "ended by SIGSEGV"),
        ("ends", "ended with exit code 5"),
        ("forks_and_ends", "ended with exit code 6"),
    ],
)
def test_a_crash_costs_one_answer(puppet: Open, text: str, message: str, left_behind: Any, temporary: Path) -> None:
    model = puppet(answer_seconds=20.0)
    before = pid(model)
    with pytest.raises(ClipError, match=message) as raised:
        ask(model, text)
    assert raised.value.kind == "crash"
    assert left_behind() == []
    (log,) = temporary.glob("*.log")
    assert f"(log: {log})" in raised.value.message
    assert pid(model) != before


def test_the_log_says_where_it_crashed_and_stays(puppet: Open, temporary: Path) -> None:
    model = puppet()
    with pytest.raises(ClipError):
        ask(model, "crash")
    del model
    gc.collect()
    (log,) = temporary.iterdir()
    assert "in crash" in log.read_text()


@pytest.mark.parametrize("text", ["hang", "spins", "hangs_up"])
def test_what_hangs_is_ended_with_all_it_started(puppet: Open, text: str, left_behind: Any) -> None:
    model = puppet(answer_seconds=0.7)
    before, start = pid(model), time.monotonic()
    with pytest.raises(ClipError, match=r"took longer than 0\.7 s and was ended") as raised:
        ask(model, text)
    assert raised.value.kind == "timeout"
    assert 0.7 <= time.monotonic() - start < 3
    assert left_behind() == []
    assert pid(model) != before


def test_it_is_started_again_only_so_many_times(puppet: Open, left_behind: Any) -> None:
    model = puppet(restarts=1)
    for _ in range(2):
        with pytest.raises(ClipError, match="exit code 5"):
            ask(model, "ends")
    with pytest.raises(ClipError, match="died 2 times and is not started again"):
        ask(model, "count")
    assert left_behind() == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package' (adapter.py, line 1)"),
        ("raise SystemExit('usage: train.py')", "SystemExit: usage: train.py (adapter.py, line 1)"),
        ("def open_model(:", "SyntaxError: "),
        ("", "AttributeError: module 'codecmark_adapter' has no attribute 'open_model'"),
        ("def open_model(setting): import os; os._exit(4)", "ended with exit code 4"),
        ("import time; print('slow', flush=True); time.sleep(60)", "took longer than 1 s and was ended"),
    ],
)
def test_an_adapter_that_does_not_open_says_why(
    tmp_path: Path, puppet: Open, temporary: Path, code: str, message: str, left_behind: Any
) -> None:
    with pytest.raises(PluginError) as raised:
        puppet(folder=adapter(tmp_path, code), open_seconds=1.0 if "sleep" in code else 20.0)
    text = str(raised.value)
    assert text.startswith("cannot open the model in environment 'puppet': ")
    assert message in text
    assert "\n" not in text
    if "ended" not in message:
        assert "Traceback" in str(raised.value.__cause__)
    (log,) = temporary.glob("*.log")  # with the traceback, or what it said before
    assert log.read_text() or "ended with" in message
    assert f"(log: {log})" in text
    assert left_behind() == []


def adapter(folder: Path, code: str) -> Path:
    """A folder with this adapter, and the puppet's requirements."""
    made = folder / "env"
    made.mkdir()
    (made / "adapter.py").write_text(textwrap.dedent(code))
    (made / "requirements.txt").write_text("# Nothing but the standard library.\n")
    return made


def test_packages_of_the_environment_are_what_it_computes_with(tmp_path: Path, puppet: Open, voice: Any) -> None:
    code = """
        import numpy

        class Half:
            def generate(self, request):
                samples = numpy.asarray(request.audio.samples())
                assert samples.dtype == numpy.float32
                return {"audio": (samples / 2, request.audio.sample_rate), "codes": numpy.ones((0, 3), dtype=int)}

        def open_model(setting):
            return Half()
    """
    audio = voice(0.1)
    response = ask(puppet(folder=adapter(tmp_path, code)), "any", audio)
    np.testing.assert_array_equal(response.audio.samples, audio.samples / 2)
    assert response.encoded.streams == []


def test_a_checkout_is_on_its_path_and_its_own_modules_hide_no_others(tmp_path: Path, puppet: Open) -> None:
    """Beside the adapter lies a file with the name of a standard module; it is not the one that is imported."""
    code = """
        import queue

        class Tells:
            def generate(self, request):
                return {"text": queue.__file__}

        def open_model(setting):
            return Tells()
    """
    folder = adapter(tmp_path, code)
    (folder / "queue.py").write_text("raise SystemExit(9)")
    assert str(folder) not in ask(puppet(folder=folder), "any").text


def test_a_worker_starts_no_worker(puppet: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECMARK_WORKER_DEPTH", "1")
    with pytest.raises(PluginError, match="a worker started codecmark again"):
        puppet()


def test_a_model_that_runs_its_own_host_again_does_not_multiply(tmp_path: Path, plugin: Any, left_behind: Any) -> None:
    """What happened once: a module of the user's has the name of one that the model imports."""
    host = tmp_path / "host.py"
    host.write_text(
        textwrap.dedent(f"""
            import sys
            sys.path[:0] = {[path for path in sys.path if path]!r}
            from pathlib import Path
            from codecmark import Environment, RemoteLM, Resources, Setting
            environment = Environment(name="puppet", folder=Path({str(tmp_path / "env")!r}))
            RemoteLM(environment, Setting(model="a", name="b", sample_rate=1), Resources())
        """)
    )
    adapter(tmp_path, f"import runpy; runpy.run_path({str(host)!r})")
    done = subprocess.run([sys.executable, str(host)], capture_output=True, text=True, check=False, timeout=60)
    assert "PluginError: a worker started codecmark again" in done.stderr
    assert left_behind() == []


def test_without_its_environment_it_is_missing(plug_ins: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "elsewhere"))
    codec = cast(CodecPlugin, registry.get("codecs", "puppet_codec"))
    with pytest.raises(WeightsMissing, match=r"environment 'puppet' is missing \(codecmark env create puppet\)"):
        codec.open(codec.settings[0], Resources())


@pytest.mark.parametrize("index", [0, 1])
def test_a_codec_of_eight_bits_a_sample(plugin: Any, voice: Any, index: int, left_behind: Any) -> None:
    found = cast(CodecPlugin, registry.get("codecs", "puppet_codec"))
    setting = found.settings[index]
    codec = found.open(setting, Resources())
    batch = [voice(0.25), voice(0.1, seed=1)]
    encoded = codec.encode(batch)
    decoded = codec.decode(encoded)
    for audio, sent, made in zip(batch, encoded, decoded, strict=True):
        levels = np.clip(np.rint(128 + 128 * audio.samples[0].astype(float)), 0, 255)
        np.testing.assert_array_equal(made.samples[0], ((levels - 128) / 128).astype(np.float32))
        assert (sent.num_samples, made.sample_rate) == (audio.num_samples, 16000)
        assert sent.bits == 8 * audio.num_samples + (16 if isinstance(sent, Codes) else 0)
    assert isinstance(encoded[0], Packets) == (setting.name == "bytes")
    del codec
    gc.collect()
    assert left_behind() == []


def test_its_memory_is_its_own(tmp_path: Path, puppet: Open) -> None:
    """A hundred megabytes there are none here; and those of an answer before are forgotten."""
    code = """
        class Eats:
            def generate(self, request):
                return {"text": str(len(b"a" * int(request.text)))}

        def open_model(setting):
            return Eats()
    """
    model = puppet(folder=adapter(tmp_path, code))
    peaks = []
    for sizes in (["1"], ["100000000", "1"], ["1"]):
        with model.peak_memory() as peak:
            for size in sizes:
                ask(model, size)
            peaks.append(peak())
    if peaks[0] is None:
        pytest.skip("this system does not tell the peak of its resident set")
    before, during, after = peaks
    assert before < 60e6
    assert during - before == pytest.approx(1e8, rel=0.05)
    assert after - before < 2e7


def test_interrupted_it_ends(puppet: Open, left_behind: Any) -> None:
    import _thread

    model = puppet(answer_seconds=30.0)
    before = pid(model)
    threading.Timer(0.5, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        ask(model, "hang")
    assert left_behind() == []
    assert pid(model) != before


@pytest.mark.parametrize("text", ["hang", "spins"])
def test_it_ends_when_codecmark_is_killed(plugin: Any, temporary: Path, left_behind: Any, text: str) -> None:
    code = f"""
        import os, signal, threading
        from codecmark import Request, Resources
        from codecmark.core import registry
        plugin = registry.get("lms", "puppet")
        model = plugin.open(plugin.settings[0], Resources())
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
        model.generate([Request(id="a", act="SE", text="{text}")])
    """
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=False, env=environ)
    assert (done.returncode, done.stderr) == (-9, b"")
    assert left_behind() == []
    for folder in temporary.glob("codecmark-puppet-*/"):
        shutil.rmtree(folder)  # who is killed does not tidy up


def test_an_interpreter_that_is_gone(plugin: Any, puppet: Open) -> None:
    made = plugin.environment.made()
    plugin.environment.write(replace(made, python=os.devnull))
    with pytest.raises(PluginError, match=f"cannot start {os.devnull}: Permission denied"):
        puppet()
