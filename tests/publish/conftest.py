"""A run folder made of records and a card, without running anything; tests/results uses it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from codecmark.core.plugins import ScoreSpec
from codecmark.core.scores import Answer, Score
from codecmark.core.settings import Card, Kind
from codecmark.results.card import Plain, RunCard
from codecmark.results.records import Record, Status
from codecmark.results.store import Store
from codecmark.results.tables import Table, tables


def session_plain(status: str = "complete") -> Plain:
    return {
        "command": "codecmark run toy --out toy-run",
        "tasks": {"toy": "toy"},
        "options": {"out": "toy-run"},
        "places": {},
        "started": "2030-01-02T03:04:05+00:00",
        "finished": "2030-01-02T03:05:05+00:00",
        "status": status,
        "host": "bench",
        "platform": "Linux",
        "python": "3.11.7",
        "device": "cpu",
        "device_name": "a processor, 2 cores",
        "threads": 1,
        "workers": 2,
        "seed": 0,
        "versions": {"codecmark": "0.1.0", "numpy": "2.4.6"},
        "git": "0123456789ab",
        "codecmark": "0.1.0",
    }


@dataclass
class MadeUpRun:
    """Settings, metrics and answers are added; `write` puts them on disk as `codecmark run` would.

    `asked` replaces parts of its session.
    """

    folder: Path
    clips: tuple[str, ...] = ("a", "b", "c", "d")
    task: str = "toy"
    title: str = "Toy task"
    synthetic: bool = False
    status: str = "complete"
    asked: Plain = field(default_factory=dict)
    settings: dict[str, Plain] = field(default_factory=dict)
    metrics: dict[str, Plain] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def setting(self, model: str, name: str = "1", kind: Kind = "neural", **fields: Any) -> str:
        """Adds one and gives its id; `fields` replace those of run.json, `weights` is a state, `fingerprint` theirs."""
        card = Card(
            title=fields.pop("card_title", model), family=model, kind=kind, summary="A toy.", code_licence="none"
        )
        state = fields.pop("weights", "none")
        fingerprint = fields.pop("fingerprint", state)
        plain = {
            "id": f"{model}/{name}",
            "model": model,
            "name": name,
            "title": f"{card.title} {name}",
            "survey_id": None,
            "sample_rate": 16000,
            "channels": 1,
            "n_codebooks": None,
            "codebook_size": None,
            "frame_rate": None,
            "kbps": 6.0,
            "options": {},
            "card": asdict(card),
            "weights": {"state": state, "fingerprint": fingerprint, "source": None},
            "versions": {},
        }
        self.settings[f"{model}/{name}"] = {**plain, **fields}
        return f"{model}/{name}"

    def metric(self, name: str, higher: bool | None = True, quality: bool = True, **fields: Any) -> str:
        spec = ScoreSpec(name=name, title=fields.pop("title", name), summary="A score.", higher_is_better=higher)
        about = {
            "plugin": name,
            "place": "worker",
            "version": "1",
            "packages": {"toy": "1.0"},
            "quality": quality,
            "evaluator": None,
        }
        self.metrics[name] = {**asdict(spec), **about, **fields}
        return name

    def answer(self, setting: str, metric: str, clip: str, answer: Answer | float, attempt: int = 1) -> None:
        blank = Record(
            task=self.task,
            setting=setting,
            clip=clip,
            metric=metric,
            status=Status.OK,
            output_key="o",
            metric_key="m",
            attempt=attempt,
        )
        self.records.append(blank.answered(answer if not isinstance(answer, int | float) else Score(answer)))

    def answers(self, setting: str, metric: str, *answers: Answer | float) -> None:
        """One for each clip, in order."""
        for clip, answer in zip(self.clips, answers, strict=True):
            self.answer(setting, metric, clip, answer)

    def card(self) -> RunCard:
        clips = [
            {
                "id": clip,
                "seconds": 2.0,
                "text": None,
                "speaker": "s",
                "language": "en",
                "domain": "speech",
                "sha256": "",
            }
            for clip in self.clips
        ]
        task = {
            "name": self.task,
            "version": 1,
            "title": self.title,
            "description": "Made up.",
            "act": "resynthesis",
            "rate": 16000,
            "mono": "mean",
            "selection": {},
            "seed": 0,
            "dataset": {
                "name": "toy",
                "title": "Toy corpus",
                "summary": "none",
                "licence": "none",
                "synthetic": self.synthetic,
                "version": "1",
                "url": None,
            },
            "metrics": list(self.metrics),
            "settings": list(self.settings),
            "clips": clips,
            "clips_sha256": "0",
            "metric_clips": {
                name: list(self.clips[:1]) for name, metric in self.metrics.items() if metric["place"] == "timing"
            },
        }
        return RunCard(
            tasks={self.task: task},
            settings=self.settings,
            metrics=self.metrics,
            sessions=({**session_plain(self.status), **self.asked},),
        )

    def write(self) -> Path:
        store = Store(self.folder)
        with store.locked():
            store.write_card(self.card())
            store.append(self.records)
        return self.folder

    def table(self) -> Table:
        """The table of what was added, by way of the disk."""
        store = Store.existing(self.write())
        (table,) = tables(store.card(), store.latest())
        return table


@pytest.fixture
def run(tmp_path: Path) -> MadeUpRun:
    return MadeUpRun(tmp_path / "toy-run")


@pytest.fixture
def curve(run: MadeUpRun) -> MadeUpRun:
    """Two settings of one codec, one of another, an anchor; bit rate, quality up, distance down, speed."""
    for name in ("kbps", "speed"):
        run.metric(name, higher=False, quality=False)
    run.metric("pesq", title="PESQ")
    run.metric("mel", higher=False)
    for model, kind, points in (
        ("opus", "classical", ((6, 2.0), (12, 3.0))),
        ("toy", "neural", ((3, 2.5),)),
        ("identity", "anchor", ((256, 4.5),)),
    ):
        for kbps, pesq in points:
            setting = run.setting(model, str(kbps), kind, kbps=float(kbps))  # type: ignore[arg-type]
            for clip, shift in zip(run.clips, (-0.1, 0.0, 0.0, 0.1), strict=True):
                run.answer(setting, "kbps", clip, float(kbps))
                run.answer(setting, "pesq", clip, pesq + shift)
                run.answer(setting, "mel", clip, 5 - pesq)
                run.answer(setting, "speed", clip, 0.01)
    return run


@pytest.fixture(scope="module")
def printed(shared: Path) -> Mapping[str, Any]:
    """What was read off the survey's tables, in a file of its own."""
    path = shared / "survey" / "tables.yaml"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    found: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
