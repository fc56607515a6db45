"""Plug-ins in plain JSON: what `codecmark list --json` prints and run.json keeps."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from codecmark.core import registry
from codecmark.core.plugins import Choice, DatasetPlugin
from codecmark.core.resources import Resources

Plain = dict[str, Any]


def setting_plain(choice: Choice, resources: Resources) -> Plain:
    """A setting as run.json and `codecmark list --json` give it."""
    plugin, setting = choice
    weights = plugin.weights(setting)
    return {
        "id": setting.id,
        "model": setting.model,
        "name": setting.full_name,
        "title": setting.title or f"{plugin.card.title} {setting.name}",
        "survey_id": setting.survey_id,
        "sample_rate": setting.sample_rate,
        "channels": setting.channels,
        "n_codebooks": setting.n_codebooks,
        "codebook_size": setting.codebook_size,
        "frame_rate": setting.frame_rate,
        "kbps": setting.kbps,
        "options": dict(setting.options),
        "card": asdict(plugin.card),
        "weights": {
            "state": str(resources.state(weights)),
            "fingerprint": resources.fingerprint(weights),
            "source": weights.source if weights else None,
        },
        "environment": plugin.environment.plain() if plugin.environment else None,
        "versions": registry.versions(plugin.packages),
    }


def metric_plain(name: str) -> Plain:
    """A score as run.json and `codecmark list --json` give it."""
    plugin, spec = registry.metric(name)
    described: Plain = asdict(spec)
    return {
        **described,
        "plugin": plugin.name,
        "place": plugin.place,
        "version": plugin.version,
        "packages": registry.versions(plugin.packages),
        "quality": plugin.quality,
    }


def dataset_plain(plugin: DatasetPlugin, full_name: str) -> Plain:
    """A corpus as run.json and `codecmark list --json` give it."""
    keys = ("title", "summary", "licence", "synthetic", "version", "url")
    plain = {"name": full_name, **{key: getattr(plugin, key) for key in keys}}
    argument = full_name.partition(":")[2]
    if plugin.takes_path and argument not in ("", "PATH"):
        plain["title"] = f"{plugin.title} {'/'.join(Path(argument).parts[-2:])}"
    return plain
