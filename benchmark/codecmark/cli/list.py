"""`codecmark list`: what there is to run."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from codecmark.core.plugins import Choice, LMPlugin

Rows = list[dict[str, Any]]


def list_(
    what: Annotated[str, typer.Argument(metavar="codecs|lms|metrics|datasets|tasks", help="What to list.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_root: Annotated[Path | None, typer.Option(help="Where corpora are looked for, beside the cache.")] = None,
) -> None:
    """Lists codecs, codec language models, metrics, datasets or tasks."""
    from codecmark.core.errors import UnknownName
    from codecmark.core.resources import root_folder

    root = root_folder("--data-root", data_root)
    tokens = ("sample_rate", "n_codebooks", "codebook_size", "frame_rate")
    licences = ("code_licence", "weights_licence")
    kinds: dict[str, tuple[Callable[[], Rows], tuple[str, ...]]] = {
        "codecs": (_codecs, ("id", "survey_id", *tokens, "kbps", "weights", *licences)),
        "lms": (
            _lms,
            (
                "id",
                "sample_rate",
                "acts",
                "weights",
                "environment",
                "state",
                "survey",
                "codec",
                "provenance",
                *licences,
            ),
        ),
        "metrics": (_metrics, ("name", "title", "better", "unit", "domains", "summary")),
        "datasets": (partial(_datasets, root), ("name", "title", "here", "download", "licence", "layout")),
        "tasks": (
            partial(_tasks, root),
            ("name", "dataset", "here", "download", "licence", "sample_rate", "metrics"),
        ),
    }
    if what not in kinds:
        raise UnknownName("list", what, kinds)
    make, columns = kinds[what]
    rows = make()
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        typer.echo(aligned(rows, columns))
        _broken()


def _codecs() -> Rows:
    from codecmark.core.choose import everything
    from codecmark.core.plugins import CodecPlugin

    return [_setting(choice) for choice in everything() if isinstance(choice[0], CodecPlugin)]


def _lms() -> Rows:
    """Each beside what the survey prints of the model of its title, which is more than runs here."""
    from codecmark.core.choose import everything
    from codecmark.core.plugins import LMPlugin

    printed = _tab03()
    unknown = dict.fromkeys(("survey", "inputs", "outputs", "codec", "footnotes"))
    return [
        {**_setting((plugin, setting)), **_ability(plugin), **printed.get(plugin.card.title, unknown)}
        for plugin, setting in everything()
        if isinstance(plugin, LMPlugin)
    ]


def _setting(choice: Choice) -> dict[str, Any]:
    from codecmark.core.describe import setting_plain
    from codecmark.core.resources import Resources

    plain = setting_plain(choice, Resources())
    licences = {name: plain["card"][name] for name in ("code_licence", "weights_licence")}
    return {
        **plain,
        **licences,
        "codec": plain["model"],
        "weights": plain["weights"]["state"],
        "licence": licences["weights_licence"] or licences["code_licence"],
    }


def _ability(plugin: LMPlugin) -> dict[str, Any]:
    """What a codec language model does here, or why it does not run; one that does not needs no weights either."""
    ability = {
        "acts": sorted(plugin.acts),
        "codec_setting": plugin.codec,
        "provenance": plugin.card.provenance,
        "state": "runs here" if plugin.open else "published only",
        "reason": plugin.unavailable or None,
    }
    return ability if plugin.open else {**ability, "weights": None}


def _tab03() -> dict[str, dict[str, Any]]:
    """The rows of the survey's Tab.03 by name: its acts, inputs, outputs and codec, and the footnotes at them."""
    from codecmark.publish.facts import models

    columns = {"survey": "tasks", "inputs": "input", "outputs": "output", "codec": "codec"}
    facts = models()
    notes = {place: note.text for note in facts.notes for place in note.at}
    rows = {}
    for model in facts.models:
        places = {key: f"{model.name}.{column}" for key, column in columns.items()}
        rows[model.name] = {
            **{key: getattr(model, column) for key, column in columns.items()},
            "footnotes": {key: notes[place] for key, place in places.items() if place in notes},
        }
    return rows


def _metrics() -> Rows:
    from codecmark.core import registry
    from codecmark.core.describe import metric_plain
    from codecmark.core.plugins import MetricPlugin

    arrows = {True: "higher", False: "lower", None: ""}
    names = [spec.name for plugin in registry.every(MetricPlugin)[0] for spec in plugin.scores]
    rows = [metric_plain(name) for name in names]
    return [{**row, "better": arrows[row["higher_is_better"]]} for row in rows]


def _datasets(data_root: Path | None) -> Rows:
    from codecmark.core import registry
    from codecmark.core.describe import dataset_plain
    from codecmark.core.plugins import DatasetPlugin

    rows = []
    for plugin in registry.every(DatasetPlugin)[0]:
        names = [f"{plugin.name}/{split}" for split in plugin.splits] or [
            plugin.name + (":PATH" if plugin.takes_path else "")
        ]
        rows += [
            {**dataset_plain(plugin, name), "layout": plugin.layout, **_at_hand(plugin, name, data_root)}
            for name in names
        ]
    return rows


def _at_hand(plugin: Any, full_name: str, data_root: Path | None) -> dict[str, Any]:
    """Whether a corpus is here, and how much there is to download."""
    from codecmark.core.corpora import find

    split = full_name.partition("/")[2]
    here = None if plugin.takes_path else not plugin.folders or find(plugin, split, data_root) is not None
    if split in plugin.archives:
        return {"here": here, "download": f"{plugin.archives[split].size / 1e9:.1f} GB"}
    return {"here": here, "download": "by hand" if plugin.folders else None}


def _tasks(data_root: Path | None) -> Rows:
    from codecmark.harness.suite import Suite, every

    corpora = {row["name"]: row for row in _datasets(data_root)}
    keys = ("here", "download", "licence", "layout")
    rows: Rows = []
    for task in every():
        known = task.model_dump(mode="json", by_alias=True)
        if isinstance(task, Suite):
            nothing = dict.fromkeys((*keys, "sample_rate", "metrics"))
            rows.append({**nothing, **known, "dataset": f"{len(task.tasks)} tasks"})
        else:
            corpus = corpora.get(task.dataset, dict.fromkeys(keys))
            rows.append({**known, **{key: corpus[key] for key in keys}})
    return rows


def aligned(rows: Rows, columns: tuple[str, ...]) -> str:
    """A table to read, under the names of its columns."""
    cells = [list(columns), *([_word(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def _word(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return str(value["state"])
    return (",".join(map(str, value)) or "-") if isinstance(value, list | tuple) else str(value)


def _broken() -> None:
    from codecmark.core import registry

    for error in registry.problems():
        typer.echo(f"warning: {error}", err=True)
