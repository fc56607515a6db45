"""run.json: what a run is made of and who made it. The page and the tables need nothing else beside the records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codecmark.core.errors import StoreError

CARD_SCHEMA = 1

SAME = ("version", "act", "rate", "mono", "seed", "evaluators", "device")
"""What two sessions of a task must share for their rows to stand in one table."""

Plain = dict[str, Any]
"""A JSON object; its keys are listed where it is made, in harness/provenance.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard:
    """The plan and provenance of a run folder.

    `tasks`, `settings` and `metrics` describe by name what the records speak of; `sessions` are the invocations that
    filled the folder, oldest first, each with its command, versions, git state, host, device, threads, times, status.
    """

    tasks: Mapping[str, Plain] = field(default_factory=dict)
    settings: Mapping[str, Plain] = field(default_factory=dict)
    metrics: Mapping[str, Plain] = field(default_factory=dict)
    sessions: tuple[Plain, ...] = ()

    @property
    def status(self) -> str:
        """complete, interrupted, failed or running: of the latest session."""
        return str(self.sessions[-1]["status"]) if self.sessions else "empty"

    def merged(self, other: RunCard) -> RunCard:
        """Both cards in one; where both name a thing, `other` says what it is now.

        Settings and metrics that a task had before stay in its table as long as what they were measured on and by is
        the same (clips may come and go); else they leave it until they are measured again.
        """
        tasks = {**self.tasks, **other.tasks}
        for name in self.tasks.keys() & other.tasks.keys():
            old, new = self.tasks[name], other.tasks[name]
            if new.get("unavailable") and old["clips"]:
                tasks[name] = old  # its corpus was here when it was measured
                continue
            same = all(old.get(key) == new.get(key) for key in SAME)
            if same and _same_clips(old, new) and self._same_metrics(other, old):
                both = {key: list(dict.fromkeys([*old[key], *new[key]])) for key in ("settings", "metrics")}
                both_clips = {"metric_clips": {**old["metric_clips"], **new["metric_clips"]}}
                tasks[name] = {**new, **both, **both_clips}
        return RunCard(
            tasks=tasks,
            settings={**self.settings, **other.settings},
            metrics={**self.metrics, **other.metrics},
            sessions=self.sessions + other.sessions,
        )

    def _same_metrics(self, other: RunCard, task: Plain) -> bool:
        shared = [(self.metrics[name], other.metrics[name]) for name in task["metrics"] if name in other.metrics]
        return all(old[key] == new[key] for old, new in shared for key in ("version", "packages", "evaluator"))

    def closed(self, status: str, finished: str) -> RunCard:
        """The card with its latest session ended."""
        last = {**self.sessions[-1], "status": status, "finished": finished}
        return RunCard(
            tasks=self.tasks, settings=self.settings, metrics=self.metrics, sessions=(*self.sessions[:-1], last)
        )

    def to_json(self) -> str:
        content = {
            "schema": CARD_SCHEMA,
            "tasks": dict(self.tasks),
            "settings": dict(self.settings),
            "metrics": dict(self.metrics),
            "sessions": list(self.sessions),
        }
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str, path: Path) -> RunCard:
        """Raises `StoreError` naming the file when it is damaged or written by a newer codecmark."""
        try:
            content = json.loads(text)
            schema = content["schema"]
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{path} is damaged ({error}): restore it, or start a new run folder") from error
        if schema != CARD_SCHEMA:
            raise StoreError(f"{path} has schema {schema}, this codecmark reads {CARD_SCHEMA}: update codecmark")
        return cls(
            tasks=content["tasks"],
            settings=content["settings"],
            metrics=content["metrics"],
            sessions=tuple(content["sessions"]),
        )


def _same_clips(old: Plain, new: Plain) -> bool:
    """Whether clips of one id hold the same audio."""
    before = {clip["id"]: clip["sha256"] for clip in old["clips"]}
    return all(before.get(clip["id"], clip["sha256"]) == clip["sha256"] for clip in new["clips"])
