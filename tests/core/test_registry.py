"""From a name to a plug-in: ours by their files, others by entry points; wrong ones named, the rest still there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codecmark.core import registry
from codecmark.core.errors import PluginError, UnknownName
from codecmark.core.plugins import CodecPlugin, LMPlugin, MetricPlugin

PACKAGE = Path(registry.__file__).parents[1]
Install = Callable[..., None]

CODEC = """
from codecmark import Card, CodecPlugin
PLUGIN = CodecPlugin(
    name={name!r}, card=Card(title="", family="", kind="anchor", summary="", code_licence=""), settings=(), open=print
)
"""
LM = """
from codecmark import Card, LMPlugin
PLUGIN = LMPlugin(
    name="mine", card=Card(title="", family="", kind="lm", summary="", code_licence=""), settings=(), {rest}
)
"""
METRIC = """
from codecmark import MetricPlugin, ScoreSpec
PLUGIN = MetricPlugin(
    name={name!r}, scores=(ScoreSpec(name="stoi", title="", summary="", higher_is_better=None),), open=print
)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution of one module with one entry point."""

    def put(kind: str, name: str, source: str) -> None:
        module = f"plugged_{kind}_{name}_{tmp_path.name}"
        info = tmp_path / kind / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[codecmark.{kind}]\n{name} = {module}:PLUGIN\n")
        (info.parent / f"{module}.py").write_text(source)
        monkeypatch.syspath_prepend(str(info.parent))
        registry.forget()

    yield put
    registry.forget()


@pytest.mark.parametrize("kind", list(registry.KINDS))
def test_every_file_of_a_shelf_is_a_plug_in_of_that_name(kind: registry.Kind) -> None:
    files = {path.stem for path in (PACKAGE / kind).glob("*.py")} - {"__init__"}
    assert files <= set(registry.names(kind))
    for name in files:
        plugin = registry.get(kind, name)
        assert (plugin.name, type(plugin)) == (name, registry.KINDS[kind])


@pytest.mark.usefixtures("plug_ins")
def test_entry_points_stand_beside_them() -> None:
    assert {"faulty", "needy", "opus"} <= set(registry.names("codecs"))
    assert "echo" in registry.names("lms")
    assert isinstance(registry.model("faulty"), CodecPlugin)
    assert isinstance(registry.model("echo"), LMPlugin)
    assert registry.metric("slow")[0].name == "slow"
    plugins, broken = registry.every(MetricPlugin)
    assert {"slow", "stoi"} <= {plugin.name for plugin in plugins}
    assert broken == []


def test_a_name_taken_twice_is_refused(install: Install) -> None:
    install("codecs", "opus", CODEC.format(name="opus"))
    with pytest.raises(PluginError, match=r"the name 'opus' in codecs is taken, but 'plugged.codecs.opus.*' claims it"):
        registry.names("codecs")


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("open=print, acts=frozenset(['TTTS'])", "UnknownName: unknown act 'TTTS': did you mean TTS"),
        ("", "ValueError: a model has an `open`, or it has no acts and says in `unavailable` why"),
        ("unavailable='lost', acts=frozenset(['TTS'])", "ValueError: a model has an `open`, or"),
        ("unavailable='lost', open=print", "ValueError: a model has an `open`, or"),
    ],
)
def test_a_language_model_does_known_acts_or_says_why_it_does_none(install: Install, rest: str, message: str) -> None:
    install("lms", "mine", LM.format(rest=rest))
    with pytest.raises(PluginError, match=message):
        registry.get("lms", "mine")


def test_a_score_claimed_twice_is_refused(install: Install) -> None:
    install("metrics", "mine", METRIC.format(name="mine"))
    with pytest.raises(PluginError, match=r"metrics '\w+' and '\w+' both claim the score 'stoi': rename one"):
        registry.metric("stoi")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise RuntimeError('one\\ntwo')", "plug-in 'mine' in codecs cannot be loaded: RuntimeError: one two"),
        ("import no_such_module", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("", "cannot be loaded: AttributeError: .*PLUGIN"),
        ("PLUGIN = 1", "plug-in 'mine' in codecs is a int, expected CodecPlugin"),
        (CODEC.format(name="yours"), "plug-in 'mine' in codecs calls itself 'yours': the two names must be equal"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_named_and_the_others_are_there(
    install: Install, source: str, message: str
) -> None:
    install("codecs", "mine", source)
    with pytest.raises(PluginError, match=message):
        registry.get("codecs", "mine")
    plugins, broken = registry.every(CodecPlugin)
    assert "opus" in {plugin.name for plugin in plugins}
    assert len(broken) == 1
    assert [str(error) for error in registry.problems()] == [str(broken[0])]


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("starter", ""),
        ("librispeech/dev-clean", "dev-clean"),
        ("folder:/a/b:c", "/a/b:c"),
        ("manifest:x.jsonl", "x.jsonl"),
    ],
)
def test_the_full_name_of_a_corpus(name: str, argument: str) -> None:
    plugin, found = registry.dataset(name)
    assert (name.startswith(plugin.name), found) == (True, argument)


@pytest.mark.parametrize(
    "name", ["start", "starter/one", "starter:x", "librispeech", "librispeech/dev", "folder", "folder:", "folder/x", ""]
)
def test_what_is_no_name_of_a_corpus(name: str) -> None:
    with pytest.raises(UnknownName, match="unknown dataset"):
        registry.dataset(name)


def test_versions_of_packages() -> None:
    assert registry.versions(["numpy", "no-such-package"]) == {
        "numpy": __import__("numpy").__version__,
        "no-such-package": "absent",
    }
