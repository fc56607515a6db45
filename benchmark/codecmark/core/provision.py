"""Making and removing the interpreters of their own that some models need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from codecmark.core.checkout import git
from codecmark.core.child import end_group
from codecmark.core.environments import Environment, EnvironmentState, Made, present
from codecmark.core.errors import ProvisionError, UsageError

OLDEST = (3, 8)
"""The Python that core/worker.py needs."""
ANSWER_SECONDS = 60.0
"""How long an interpreter may take to say its version: the first time, from a slow disk, with much else going on."""
STDERR = 2
"""Where the programs called here write what they say."""


def create(
    environment: Environment, *, python: str | None = None, existing: str | None = None, source: Path | None = None
) -> Made:
    """Makes an environment that is missing or broken; what is left of a broken one is removed first.

    `python` is the interpreter to make it with, `existing` one that has all packages already and is used as it is;
    `source` is a checkout that is used where it lies. Raises `UsageError` for what does not fit the environment, and
    `ProvisionError` where it cannot be made; then nothing is left of it.
    """
    base, version = _interpreter(environment, "--existing" if existing else "--python", existing or python)
    commit = None if source is None else _checked_commit(environment, source)
    with _held(environment):
        if environment.state()[0] is EnvironmentState.READY:
            name = environment.name
            raise UsageError(f"environment '{name}' is there already: run 'codecmark env remove {name}' first")
        shutil.rmtree(environment.place, ignore_errors=True)
        try:
            environment.place.mkdir()
            if environment.repository and source is None:
                source, commit = _fetched(environment), environment.commit
            made = Made(
                recipe=environment.recipe(),
                python=base if existing else _installed(environment, base),
                python_version=version,
                source=None if source is None else str(source.absolute()),
                commit=commit,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
            )
            environment.write(made)
            return made
        finally:
            if environment.state()[0] is not EnvironmentState.READY:
                shutil.rmtree(environment.place, ignore_errors=True)


def remove(name: str) -> None:
    """Removes all of an environment; a checkout that was only named stays. Raises `UsageError` where there is none."""
    if name not in present():
        raise UsageError(f"environment '{name}' is not here: 'codecmark env list' shows them")
    environment = Environment(name=name)
    with _held(environment):
        try:
            environment.unmake()
            shutil.rmtree(environment.place)
        except OSError as error:
            raise ProvisionError(f"cannot remove {environment.place}: {error.strerror or error}") from error


@contextmanager
def _held(environment: Environment) -> Iterator[None]:
    """Keeps others from making or removing the same environment, and says so where that cannot be."""
    folder = environment.place.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{environment.name}.lock", timeout=0):
            yield
    except Timeout:
        raise ProvisionError(f"another command works on environment '{environment.name}': wait for it") from None
    except OSError as error:
        raise ProvisionError(
            f"cannot write to {folder}: {error.strerror}; set CODECMARK_HOME to another place"
        ) from error


def _interpreter(environment: Environment, option: str, wish: str | None) -> tuple[str, str]:
    """An interpreter that the environment works with, and its version."""
    wanted = " or ".join(environment.pythons) or "{}.{} or newer".format(*OLDEST)
    if wish is not None:
        version = _version(wish)
        if version is None:
            raise UsageError(f"{option} {wish}: no Python answers there")
        if not _fits(environment, version):
            raise UsageError(f"{option} {wish} is Python {version}, environment '{environment.name}' needs {wanted}")
        return _place(wish), version
    for name in (sys.executable, *(f"python{version}" for version in environment.pythons)):
        version = _version(name)
        if version is not None and _fits(environment, version):
            return _place(name), version
    raise UsageError(f"environment '{environment.name}' needs Python {wanted}: name one with --python")


def _place(python: str) -> str:
    """Its absolute path; links stay, since an interpreter knows its packages by the place it is called at."""
    return str(Path(shutil.which(python) or python).absolute())


def _version(python: str) -> str | None:
    command = [python, "-I", "-c", "import platform; print(platform.python_version())"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ANSWER_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if re.match(r"\d+\.\d+", done.stdout) else None


def _fits(environment: Environment, version: str) -> bool:
    major, minor = version.split(".")[:2]
    return f"{major}.{minor}" in environment.pythons if environment.pythons else (int(major), int(minor)) >= OLDEST


def _installed(environment: Environment, base: str) -> str:
    """A virtual environment with the requirements in it; gives its interpreter."""
    venv = environment.place / "venv"
    python = str(venv / "bin" / "python")
    lines = environment.requirements.read_text(encoding="utf-8").splitlines()
    wanted = any(line.strip() and not line.lstrip().startswith("#") for line in lines)
    _call([base, "-I", "-m", "venv", *([] if wanted else ["--without-pip"]), str(venv)], "make a virtual environment")
    if wanted:
        pip = [python, "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        _call([*pip, "-r", str(environment.requirements)], f"install {environment.requirements}")
    return python


def _fetched(environment: Environment) -> Path:
    """The original at its pinned commit, without its history."""
    folder = environment.place / "source"
    command = ["git", "-C", str(folder)]
    repository, commit = str(environment.repository), str(environment.commit)
    what = f"fetch {repository} at {commit[:12]}"
    _call(["git", "init", "--quiet", str(folder)], what)
    _call([*command, "fetch", "--quiet", "--depth", "1", repository, commit], what)
    _call([*command, "checkout", "--quiet", "FETCH_HEAD"], what)
    return folder


def _checked_commit(environment: Environment, source: Path) -> str:
    """The commit of a checkout, with `+changes` if it has some. Raises `UsageError` unless it is the pinned one."""
    if environment.commit is None:
        raise UsageError(f"environment '{environment.name}' is made without a checkout: leave --source out")
    try:
        commit = git(source, "rev-parse", "HEAD")
        changes = git(source, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        raise UsageError(f"--source {source}: not a git checkout, whose commit could be told") from None
    if commit != environment.commit:
        raise UsageError(
            f"--source {source} is at {commit[:12]}, pinned is {environment.commit[:12]}: check that out there"
        )
    return f"{commit}+changes" if changes else commit


def _call(command: Sequence[str], what: str) -> None:
    """Runs a program that may take its time and says what it does on standard error; it ends when we do."""
    unwanted = ("PYTHON", "PIP_CONSTRAINT")  # ours are not its
    environ = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    environ["GIT_TERMINAL_PROMPT"] = "0"
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=STDERR, stderr=STDERR, env=environ, start_new_session=True
        )
    except OSError as error:
        raise ProvisionError(f"cannot {what}: {command[0]}: {error.strerror}") from error
    try:
        code = process.wait()
    finally:
        end_group(process)
    if code:
        raise ProvisionError(f"cannot {what}: {Path(command[0]).name} ended with exit code {code}, see above")
