"""The walls of the house: who may import whom, what may cost what, how large things may grow."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "benchmark" / "codecmark"
FILES = sorted(PACKAGE.rglob("*.py"))
SHELVES = {"codecs", "lms", "metrics", "datasets", "executors"}
HEAVY = {"torch", "transformers", "av", "scipy", "pandas"}

CATCHES_ALL = {
    "harness/grade.py": "a metric may be anyone's: its clip fails",
    "harness/synthesize.py": "a codec may be anyone's: its clip fails",
    "harness/lane.py": "a codec may be anyone's: its setting fails to open, or its clip to be timed",
    "harness/references.py": "a corpus may be anyone's: its clip fails",
    "harness/checks.py": "a codec under test may raise anything, and that is the finding",
    "core/registry.py": "a plug-in may be anyone's: its import fails, and the others are listed",
    "core/worker.py": "a model in its own interpreter may raise anything, and that is the answer",
}
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "misc"}
ONLY_IN_THE_SHIM = {"torchaudio", "torchvision", "torchcodec"}
NEEDS_THE_SHIM = {"speechbrain", "transformers"}
LONGEST_FILE, LONGEST_FUNCTION = 300, 40


def name_of(file: Path) -> str:
    parts = ["codecmark", *file.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """core, codecs, ... or the module itself where it stands in no room."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


MODULES = {name_of(file) for file in FILES}


def imports_of(tree: ast.AST) -> Iterator[str]:
    """The modules a piece of code imports, wherever in it: in functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else str(node.module)


def top_level(tree: ast.Module) -> ast.Module:
    """The code that runs on import: without the bodies of functions, and without what is under TYPE_CHECKING."""
    return ast.Module([node for node in statements(tree.body) if not is_block(node)], [])


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.FunctionDef) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        ):
            continue
        yield node
        for name in ("body", "handlers", "orelse", "finalbody"):
            yield from statements(getattr(node, name, []))


def is_block(node: ast.stmt) -> bool:
    return hasattr(node, "body")


def rooms_used(file: Path, tree: ast.AST) -> set[str]:
    return {room_of(name) for name in imports_of(tree) if name.split(".")[0] == "codecmark"} - {room_of(name_of(file))}


def in_room(*rooms: str) -> list[Path]:
    return [file for file in FILES if room_of(name_of(file)) in rooms]


def relative(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize(
    ("room", "allowed"),
    [
        ("core", set()),
        ("envs", set()),
        ("results", {"core"}),
        ("nn", {"core"}),
        ("publish", {"core", "results"}),
        ("harness", {"core", "results", "nn"}),
    ],
)
def test_what_a_room_may_know(room: str, allowed: set[str]) -> None:
    used = {relative(file): rooms_used(file, tree_of(file)) - allowed for file in in_room(room)}
    assert {file: rooms for file, rooms in used.items() if rooms} == {}


def test_shelves_know_core_and_inside_functions_nn() -> None:
    on_import = {relative(file): rooms_used(file, top_level(tree_of(file))) - {"core"} for file in in_room(*SHELVES)}
    anywhere = {relative(file): rooms_used(file, tree_of(file)) - {"core", "nn"} for file in in_room(*SHELVES)}
    assert {file: rooms for file, rooms in {**anywhere, **on_import}.items() if rooms} == {}


def test_a_plug_in_of_a_shelf_does_not_know_its_neighbours() -> None:
    for file in in_room(*SHELVES):
        own = {name for name in imports_of(tree_of(file)) if room_of(name) == room_of(name_of(file))}
        assert own <= {name_of(file)}, f"{relative(file)} imports {own}"


def test_nobody_imports_a_shelf() -> None:
    users = {relative(file): rooms_used(file, tree_of(file)) & SHELVES for file in FILES}
    assert {file: rooms for file, rooms in users.items() if rooms} == {}


def test_no_import_circle() -> None:
    """Of any kind: imports in functions and under TYPE_CHECKING count as well."""
    graph = {name_of(file): {name for name in imports_of(tree_of(file)) if name in MODULES} for file in FILES}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"circle: {' -> '.join((*path[path.index(name) :], name))}"
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_torchaudio_and_its_like_are_imported_in_the_shim_only() -> None:
    users = {relative(file): {name.split(".")[0] for name in imports_of(tree_of(file))} for file in FILES}
    found = {file for file, names in users.items() if names & ONLY_IN_THE_SHIM}
    assert found <= {"nn/torchaudio_shim.py"}


def test_what_needs_the_shim_calls_it_first() -> None:
    """Before its first import of such a package, in the order of the lines."""
    for file in FILES:
        lines = [
            node.lineno
            for node in ast.walk(tree_of(file))
            if isinstance(node, ast.Import | ast.ImportFrom)
            and {name.split(".")[0] for name in imports_of(node)} & NEEDS_THE_SHIM
            and not is_for_types(tree_of(file), node)
        ]
        calls = [
            node.lineno
            for node in ast.walk(tree_of(file))
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("prepare_torchaudio")
        ]
        assert not lines or (calls and min(calls) < min(lines)), f"{relative(file)} does not call prepare_torchaudio"


def is_for_types(tree: ast.Module, node: ast.AST) -> bool:
    under = [one for one in tree.body if isinstance(one, ast.If) and "TYPE_CHECKING" in ast.unparse(one.test)]
    return any(node is inner for one in under for inner in ast.walk(one))


def test_everything_is_caught_in_few_places_and_never_base_exceptions() -> None:
    found = set()
    for file in FILES:
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type is not None else "BaseException"
                assert "BaseException" not in caught, f"{relative(file)}:{node.lineno}"
                if "Exception" in caught.replace("(", " ").replace(",", " ").replace(")", " ").split():
                    found.add(relative(file))
    assert found == set(CATCHES_ALL), "keep the list, and the reasons, short and true"


def lines_of(file: Path, function: ast.FunctionDef) -> int:
    """Lines of a function; of a command, whose signature is the list of its options, those of its body."""
    is_command = room_of(name_of(file)) == "cli" and function.args.args
    first = function.body[0].lineno if is_command else function.lineno
    return (function.end_lineno or first) - first + 1


def test_things_fit_a_glance() -> None:
    for file in FILES:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE, relative(file)
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.FunctionDef):
                length = lines_of(file, node)
                assert length <= LONGEST_FUNCTION, f"{relative(file)}: {node.name} has {length} lines"


def test_what_runs_in_other_interpreters_is_written_for_old_ones() -> None:
    """For Python 3.8; the worker itself with the standard library alone."""
    worker = PACKAGE / "core" / "worker.py"
    for file in (worker, *in_room("envs")):
        ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))
    assert {name.split(".")[0] for name in imports_of(tree_of(worker))} <= set(sys.stdlib_module_names)


def test_no_room_for_things_without_a_home() -> None:
    assert [relative(file) for file in FILES if FORBIDDEN_NAMES & set(Path(relative(file)).with_suffix("").parts)] == []
    assert max(len(Path(relative(file)).parts) for file in FILES) <= 3


def test_listing_what_there_is_loads_nothing_heavy() -> None:
    modules = [name_of(file) for file in in_room("core", *SHELVES)]
    code = f"""
import importlib, json, sys
for name in {modules!r}:
    importlib.import_module(name)
print(json.dumps(sorted({HEAVY!r} & set(sys.modules))))
"""
    assert json.loads(python("-c", code)) == []


@pytest.mark.parametrize("words", [["--help"], ["list", "codecs"], ["list", "metrics", "--json"], ["list", "tasks"]])
def test_the_command_line_answers_without_torch(words: list[str]) -> None:
    code = f"""
import sys
from codecmark.cli.main import main
sys.argv = ["codecmark", *{words!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
assert not {HEAVY!r} & set(sys.modules), {HEAVY!r} & set(sys.modules)
"""
    python("-c", code)


def test_the_public_face_is_cheap_and_complete() -> None:
    code = f"""
import sys, codecmark
assert not {HEAVY!r} & set(sys.modules)
missing = [name for name in codecmark.__all__ if not hasattr(codecmark, name)]
assert not missing, missing
"""
    python("-c", code)


def python(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
