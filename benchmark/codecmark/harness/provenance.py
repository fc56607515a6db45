"""What a run says of itself in run.json: the tasks, settings and metrics it speaks of, and who made it, on what."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from codecmark.core import registry
from codecmark.core.checkout import git
from codecmark.core.describe import dataset_plain, metric_plain, setting_plain
from codecmark.core.errors import WeightsMissing
from codecmark.core.resources import Resources
from codecmark.harness.asked import Asked
from codecmark.harness.plan import Plan
from codecmark.harness.task import Task, digest
from codecmark.results.card import Plain, RunCard
from codecmark.results.command import command

PACKAGES = ("codecmark", "torch", "numpy", "scipy", "soxr", "soundfile", "transformers", "av")


def run_card(plans: Sequence[Plan], resources: Resources, session: Plain) -> RunCard:
    """The card of one session: everything its plans name, and the session itself."""
    choices = {setting.id: (plugin, setting) for plan in plans for plugin, setting in plan.choices}
    names = dict.fromkeys(name for plan in plans for name in plan.task.metrics)
    return RunCard(
        tasks={plan.task.name: _task(plan, resources) for plan in plans},
        settings={id_: setting_plain(choice, resources) for id_, choice in choices.items()},
        metrics={name: {**metric_plain(name), "evaluator": _evaluator(name, plans, resources)} for name in names},
        sessions=(session,),
    )


def session(resources: Resources, workers: int, seed: int, asked: Asked) -> Plain:
    """Who measures here and now, with what, and what was asked."""
    return {
        "command": command(asked.tasks.values(), asked.options),
        "tasks": asked.tasks,
        "options": asked.options,
        "places": asked.places,
        "started": now(),
        "finished": None,
        "status": "running",
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "device": resources.device,
        "device_name": device_name(resources.device),
        "threads": torch.get_num_threads(),
        "workers": workers,
        "seed": seed,
        "versions": registry.versions(PACKAGES),
        "git": git_state(),
    }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def device_name(device: str) -> str:
    """The name of the GPU or of the processor, with its driver or core count."""
    if device.startswith("cuda"):
        return f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} cores"


def git_state() -> str | None:
    """The commit this code was run from, with `+changes` when it had some; None outside a checkout."""
    here = Path(__file__).parent
    try:
        commit = git(here, "rev-parse", "--short=12", "HEAD")
        tracked = git(here, "ls-files", "--error-unmatch", Path(__file__).name)
        changes = git(here, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if tracked and changes else commit


def _task(plan: Plan, resources: Resources) -> Plain:
    task: Task = plan.task
    clips = [_clip(clip) for clip in plan.clips]
    return {
        "name": task.name,
        "version": task.version,
        "title": task.title,
        "description": task.description,
        "act": task.act,
        "rate": task.sample_rate,
        "mono": task.mono,
        "selection": task.selection.model_dump(),
        "seed": task.seed,
        "device": resources.device.partition(":")[0],
        "dataset": dataset_plain(plan.corpus.dataset, task.dataset),
        "metrics": list(task.metrics),
        "evaluators": task.evaluators,
        "batch_size": task.batch_size,
        "max_clip_seconds": task.max_clip_seconds,
        "timing": task.timing.model_dump(),
        "settings": [setting.id for _, setting in plan.choices],
        "clips": clips,
        "unavailable": plan.corpus.lacking,
        "clips_sha256": digest([(clip["id"], clip["sha256"]) for clip in clips]),
        "clip_ids_sha256": hashlib.sha256("".join(f"{clip['id']}\n" for clip in clips).encode()).hexdigest(),
        "metric_clips": _metric_clips(plan),
    }


def _evaluator(name: str, plans: Sequence[Plan], resources: Resources) -> str | None:
    """The model behind a score, with its hash; None where there is none, or it is not here."""
    metric = registry.metric(name)[0]
    task = next(plan.task for plan in plans if name in plan.task.metrics)
    try:
        return metric.evaluator(task.resources(resources)) if metric.evaluator else None
    except WeightsMissing:
        return None


def _metric_clips(plan: Plan) -> dict[str, list[str]]:
    """The clips of those scores that are not taken on all."""
    ids = {name: [clip.id for clip in plan.task.clips_for(name, plan.clips)] for name in plan.task.metrics}
    return {name: some for name, some in ids.items() if len(some) < len(plan.clips)}


def _clip(clip: Any) -> Mapping[str, Any]:
    keys = ("id", "seconds", "text", "speaker", "language", "domain", "sha256")
    return {key: getattr(clip, key) for key in keys}
