"""Environments: made whole or not at all, known for what they are, removed without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from codecmark import Environment
from codecmark.core.environments import EnvironmentState, present
from codecmark.core.errors import PluginError, ProvisionError, UsageError, WeightsMissing
from codecmark.core.provision import create, remove

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and what an environment is made from."""
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "home"))
    made = tmp_path / "content"
    made.mkdir()
    (made / "requirements.txt").write_text("\n# nothing\n")
    (made / "adapter.py").write_text("def open_model(setting): ...\n")
    return made


@pytest.fixture
def environment(folder: Path) -> Environment:
    return Environment(name="toy", folder=folder)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A repository of two commits."""
    place = tmp_path / "original"
    git("init", "--quiet", str(place))
    for number in range(2):
        (place / "model.py").write_text(f"NUMBER = {number}\n")
        git("add", "model.py", folder=place)
        git("commit", "--quiet", "--message", str(number), folder=place)
    return place


def git(*words: str, folder: Path | None = None) -> str:
    name = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
    where = ["-C", str(folder)] if folder else []
    return subprocess.run(["git", *where, *name, *words], check=True, capture_output=True, text=True).stdout.strip()


def pinned(environment: Environment, original: Path, revision: str) -> Environment:
    return replace(environment, repository=str(original), commit=git("rev-parse", revision, folder=original))


def test_a_virtual_environment_of_its_own(environment: Environment) -> None:
    assert environment.state() == (EnvironmentState.MISSING, "")
    made = create(environment)
    assert environment.state() == (EnvironmentState.READY, "")
    assert environment.made() == made
    assert present() == ["toy"]
    code = "import sys; print(sys.prefix, sys.base_prefix != sys.prefix, sys.version.split()[0])"
    done = subprocess.run([made.python, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(environment.place / "venv"), "True", made.python_version]
    assert (made.source, made.commit) == (None, None)
    remove("toy")
    assert environment.state() == (EnvironmentState.MISSING, "")
    assert present() == []


def test_what_it_requires_is_installed_into_it_and_nowhere_else(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own constraints and import path do not reach in there."""
    wheel = wheel_of(tmp_path, "toy_package", "1.5")
    environment.requirements.write_text(f"{wheel}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "constraints.txt").write_text("toy_package==2\n")
    monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "constraints.txt"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = create(environment)
    code = "import toy_package; print(toy_package.VERSION, toy_package.__file__)"
    done = subprocess.run([made.python, "-I", "-c", code], capture_output=True, text=True, check=True)
    version, place = done.stdout.split()
    assert version == "1.5"
    assert environment.place / "venv" in Path(place).parents


def wheel_of(folder: Path, name: str, version: str) -> Path:
    """A wheel of one module, made by hand."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", f"VERSION = '{version}'\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


FAKE = """#!/bin/sh
case "$2 $3" in
  "-c "*) echo 3.10.1 ;;
  "-m venv") for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
  *) echo "$@" fails; echo so it says >&2; exit 3 ;;
esac
"""


def test_where_it_cannot_be_installed_nothing_is_left(
    environment: Environment, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    environment.requirements.write_text("no-such-package==1\n")
    python = tmp_path / "python"
    python.write_text(FAKE)
    python.chmod(0o755)
    with pytest.raises(ProvisionError, match=r"cannot install .*requirements\.txt: python ended with exit code 3, see"):
        create(environment, python=str(python))
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.splitlines()[0].endswith(f"-r {environment.requirements} fails")
    assert errors.splitlines()[1] == "so it says"
    assert environment.state() == (EnvironmentState.MISSING, "")
    assert present() == []


def test_an_interpreter_that_has_everything_is_used_as_it_is(environment: Environment) -> None:
    made = create(environment, existing=sys.executable)
    assert made.python == str(Path(sys.executable).absolute())
    assert [path.name for path in environment.place.iterdir()] == ["made.json"]
    remove("toy")
    assert Path(sys.executable).exists()


def test_the_original_at_its_pinned_commit(environment: Environment, original: Path) -> None:
    for revision, number in (("HEAD", 1), ("HEAD~1", 0)):
        of_its_own = pinned(environment, original, revision)
        made = create(of_its_own, existing=sys.executable)
        assert made.source == str(of_its_own.place / "source")
        assert Path(made.source, "model.py").read_text() == f"NUMBER = {number}\n"
        assert made.commit == of_its_own.commit
        assert of_its_own.plain()["commit"] == of_its_own.commit
        remove("toy")


def test_a_repository_that_does_not_answer(environment: Environment, tmp_path: Path) -> None:
    nowhere = replace(environment, repository=str(tmp_path / "nowhere"), commit="0" * 40)
    with pytest.raises(ProvisionError, match=r"cannot fetch .*nowhere at 000000000000: git ended with exit code 128"):
        create(nowhere, existing=sys.executable)
    assert present() == []


def test_a_checkout_already_there_must_be_the_pinned_one(environment: Environment, original: Path) -> None:
    of_its_own = pinned(environment, original, "HEAD")
    git("checkout", "--quiet", "HEAD~1", folder=original)
    with pytest.raises(UsageError, match=r"--source .* is at \w{12}, pinned is \w{12}: check that out there"):
        create(of_its_own, existing=sys.executable, source=original)
    git("checkout", "--quiet", "-", folder=original)
    made = create(of_its_own, existing=sys.executable, source=original)
    assert (made.source, made.commit) == (str(original), of_its_own.commit)
    remove("toy")
    (original / "weights.bin").write_bytes(b"not tracked")
    assert create(of_its_own, existing=sys.executable, source=original).commit == of_its_own.commit
    remove("toy")
    (original / "model.py").write_text("NUMBER = 2\n")
    assert create(of_its_own, existing=sys.executable, source=original).commit == f"{of_its_own.commit}+changes"
    remove("toy")
    assert (original / "model.py").exists()


def test_a_folder_that_is_no_checkout(environment: Environment, original: Path, folder: Path, tmp_path: Path) -> None:
    of_its_own = pinned(environment, original, "HEAD")
    for place in (tmp_path / "nowhere", folder):
        with pytest.raises(UsageError, match=f"--source {place}: not a git checkout"):
            create(of_its_own, existing=sys.executable, source=place)
    with pytest.raises(UsageError, match="is made without a checkout: leave --source out"):
        create(environment, existing=sys.executable, source=original)
    assert present() == []


def test_the_python_must_be_one_it_works_with(environment: Environment) -> None:
    old = replace(environment, pythons=("2.6", "2.7"))
    with pytest.raises(UsageError, match=r"environment 'toy' needs Python 2\.6 or 2\.7: name one with --python"):
        create(old)
    with pytest.raises(UsageError, match=rf"--python .* is Python {MINOR}\.\d+, environment 'toy' needs 2\.6 or 2\.7"):
        create(old, python=sys.executable)
    for place in ("/nowhere/python", os.devnull, "/bin/true"):
        with pytest.raises(UsageError, match=f"--existing {place}: no Python answers there"):
            create(environment, existing=place)
    assert create(replace(environment, pythons=("2.7", MINOR))).python_version.startswith(MINOR)


def test_a_second_time_it_is_there_already(environment: Environment) -> None:
    create(environment, existing=sys.executable)
    with pytest.raises(UsageError, match="is there already: run 'codecmark env remove toy' first"):
        create(environment)
    assert environment.state()[0] is EnvironmentState.READY


def test_what_is_broken_is_said_and_made_anew(environment: Environment, tmp_path: Path) -> None:
    def unfinished() -> str:
        (environment.place / "made.json").unlink()
        return "not finished"

    def damaged() -> str:
        (environment.place / "made.json").write_text('{"schema": 1}')
        return "made.json is damaged"

    def newer() -> str:
        record = json.loads((environment.place / "made.json").read_text())
        (environment.place / "made.json").write_text(json.dumps({**record, "schema": 2}))
        return "made.json is damaged"

    def other() -> str:
        environment.requirements.write_text("# something else\n")
        return "made from other requirements or another commit"

    def gone() -> str:
        environment.write(replace(environment.made(), python=str(tmp_path / "nowhere")))
        return f"{tmp_path / 'nowhere'} is gone"

    for harm in (unfinished, damaged, newer, other, gone):
        create(environment, existing=sys.executable)
        trouble = harm()
        assert environment.state() == (EnvironmentState.BROKEN, trouble)
        with pytest.raises(WeightsMissing) as raised:
            environment.made()
        assert str(raised.value) == f"environment 'toy' is broken ({trouble}) (codecmark env create toy)"
        create(environment, existing=sys.executable)
        assert environment.made().python == str(Path(sys.executable).absolute())
        remove("toy")


def test_another_commit_is_another_environment(environment: Environment, original: Path) -> None:
    create(pinned(environment, original, "HEAD"), existing=sys.executable)
    assert pinned(environment, original, "HEAD~1").state()[0] is EnvironmentState.BROKEN


def test_half_removed_it_is_not_made(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    create(environment, existing=sys.executable)

    def interrupted(place: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        remove("toy")
    assert environment.state() == (EnvironmentState.BROKEN, "not finished")


@pytest.mark.parametrize("name", ["nothing", "..", ".", "", "../content", ".toy.lock"])
def test_only_what_is_here_is_removed(environment: Environment, name: str, folder: Path) -> None:
    create(environment, existing=sys.executable)
    with pytest.raises(UsageError, match="is not here: 'codecmark env list' shows them"):
        remove(name)
    assert environment.state()[0] is EnvironmentState.READY
    assert environment.requirements.exists()


def test_a_home_that_cannot_be_written(environment: Environment, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("CODECMARK_HOME", str(folder / "adapter.py"))
    with pytest.raises(ProvisionError, match=r"cannot write to .*: Not a directory; set CODECMARK_HOME"):
        create(environment, existing=sys.executable)


def test_a_description_without_requirements_or_without_a_commit(environment: Environment, tmp_path: Path) -> None:
    (environment.requirements).unlink()
    with pytest.raises(PluginError, match=r"environment 'toy': cannot read .*requirements\.txt: No such file"):
        create(environment, existing=sys.executable)
    assert present() == []
    with pytest.raises(ValueError, match="a repository is pinned by its commit"):
        replace(environment, repository="https://example.org/model")


CREATE = """
import sys
from pathlib import Path
from codecmark import Environment
from codecmark.core.provision import create
create(Environment(name="toy", folder=Path(sys.argv[1])))
"""


@pytest.fixture
def slowly(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Starts making an environment that never gets ready: its git, and what that starts, hang."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").write_text("#!/bin/sh\nsleep 600 & sleep 600\n")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    code = CREATE.replace("folder=Path(sys.argv[1])", "folder=Path(sys.argv[1]), repository='here', commit='1'")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code, str(environment.requirements.parent)]

    def start() -> Any:
        process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE)
        end = time.monotonic() + 30
        while not environment.place.exists() and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.2)
        return process

    return start


def test_interrupted_it_leaves_nothing(environment: Environment, slowly: Any, left_behind: Any) -> None:
    process = slowly()
    with pytest.raises(ProvisionError, match="another command works on environment 'toy': wait for it"):
        create(environment, existing=sys.executable)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors
    assert environment.state() == (EnvironmentState.MISSING, "")
    assert left_behind() == []


def test_killed_it_leaves_what_looks_like_nothing_made(environment: Environment, slowly: Any) -> None:
    process = slowly()
    helpers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for helper in helpers:
        helper.kill()
    process.communicate(timeout=20)
    assert environment.state() == (EnvironmentState.BROKEN, "not finished")
    create(environment, existing=sys.executable)
    assert environment.state()[0] is EnvironmentState.READY
