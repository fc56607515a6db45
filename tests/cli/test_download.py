"""`codecmark download`: corpora and weights by name, and plain words about everything else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from codecmark.cli.download import download
from codecmark.core import registry
from codecmark.core.errors import UnknownName, UsageError
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import home
from codecmark.core.settings import Card, Setting, Weights, WeightsFile


def call(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(download)
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A codec `toy` whose two settings share one file of weights, `toy-v1`, served from the disk."""
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path / "home"))
    source = tmp_path / "model.bin"
    source.write_bytes(b"weights")
    file = WeightsFile(name="model.bin", url=source.as_uri(), sha256=hashlib.sha256(b"weights").hexdigest())
    plugin = CodecPlugin(
        name="toy",
        card=Card(title="Toy", family="toy", kind="neural", summary="", code_licence="none"),
        settings=(Setting(model="toy", name="1", sample_rate=16000), Setting(model="toy", name="2", sample_rate=16000)),
        open=lambda setting, resources: pytest.fail("a download opens no model"),
        weights=lambda setting: Weights(name="toy-v1", files=(file,), source="here"),
    )
    monkeypatch.setattr(registry, "names", lambda kind: ["toy"] if kind == "codecs" else [])
    monkeypatch.setattr(registry, "every", lambda kind: ([plugin] if kind is CodecPlugin else [], []))
    monkeypatch.setattr(registry, "model", lambda name: plugin)


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("name", ["toy", "toy-v1"])
def test_weights_go_to_the_cache(name: str) -> None:
    result = call(name)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [f"{name}: {home() / 'weights' / 'toy-v1'}"]
    assert (home() / "weights" / "toy-v1" / "model.bin").read_bytes() == b"weights"


@pytest.mark.usefixtures("toy")
def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(UnknownName, match="unknown corpus or model 'toi': did you mean toy"):
        raise_of("toi")


@pytest.mark.parametrize(("name", "near"), [("librispeeech/test-clean", "librispeech/test-clean"), ("lyr", "lyra")])
def test_names_of_corpora_and_models_are_suggested(name: str, near: str) -> None:
    with pytest.raises(UnknownName, match=f"did you mean .*{near}"):
        raise_of(name)


def test_a_corpus_goes_where_it_is_asked_to(tmp_path: Path) -> None:
    (tmp_path / "LibriSpeech" / "dev-clean").mkdir(parents=True)
    result = call("librispeech/dev-clean", "--data-root", str(tmp_path))
    assert (result.exit_code, result.output) == (0, f"librispeech/dev-clean: {tmp_path}\n")


def test_a_corpus_without_download_says_where_it_comes_from() -> None:
    with pytest.raises(UsageError, match="'starter' has no download: it comes with the package"):
        raise_of("starter")
    with pytest.raises(UsageError, match=r"'esc50' has no download: get it from https://github.com/\S+; .*git clone"):
        raise_of("esc50")
    with pytest.raises(UnknownName, match="did you mean librispeech/"):
        raise_of("librispeech")


def raise_of(name: str) -> None:
    error = call(name).exception
    assert error is not None
    raise error


def test_nothing_is_fetched_for_a_language_model_that_does_not_run_here(cli: Any) -> None:
    ended = cli("download", "valle")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "codecmark: 'valle' does not run here: its makers published neither code nor weights\n"
