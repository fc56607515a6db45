"""`codecmark run`: measure, keep, and print the comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codecmark.cli.options import Evaluator, Offline, TrustPickle, WeightsRoot, Workers, by_role


def run(
    tasks: Annotated[
        list[str], typer.Argument(metavar="TASK...", help="Tasks by name (codecmark list tasks) or path.")
    ],
    codecs: Annotated[
        str | None,
        typer.Option(
            "--codecs", "--models", metavar="LIST", help="Models, settings, survey ids or globs: opus,lyra/6,E3."
        ),
    ] = None,
    codebooks: Annotated[
        str | None,
        typer.Option(
            metavar="LIST", help="One setting per number of codebooks, where fewer are valid: 1,2,4,8 or all."
        ),
    ] = None,
    metrics: Annotated[str | None, typer.Option(metavar="LIST", help="Scores instead of the task's.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Corpus instead of the task's: starter, folder:PATH ...")] = None,
    data_root: Annotated[Path | None, typer.Option(help="Where corpora are.")] = None,
    weights_root: WeightsRoot = None,
    limit: Annotated[
        int | None,
        typer.Option(help="At most so many clips; of a standard task --limit 200 are the same 200 for everyone."),
    ] = None,
    clip: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this clip; repeatable.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:INDEX, or a list: a lane on each.")] = "auto",
    workers: Workers = None,
    batch_size: Annotated[int | None, typer.Option(help="Clips per batch, where a model allows batches.")] = None,
    max_clip_seconds: Annotated[
        float | None, typer.Option(help="Clips that are longer fail: they are coded whole, and memory has an end.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; default: runs/TASK.")] = None,
    keep_audio: Annotated[bool, typer.Option("--keep-audio", help="Keep what was decoded, as FLAC.")] = False,
    offline: Offline = False,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="Time models whose weights are missing; never scored.")
    ] = False,
    trust_pickle: TrustPickle = None,
    evaluator: Evaluator = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Measure failed cells again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be measured; write nothing.")] = False,
) -> None:
    """Runs tasks: encodes and decodes every clip, times and scores it, prints the comparison.

    The same command again measures only what is missing. Exit code 1 when some cells failed.
    """
    from codecmark.cli.console import Console
    from codecmark.harness.options import RunOptions
    from codecmark.harness.runner import Run

    options = RunOptions(
        codecs=codecs,
        codebooks=codebooks,
        metrics=metrics,
        dataset=dataset,
        data_root=data_root,
        weights_root=weights_root,
        limit=limit,
        clips=clip or None,
        device=device,
        workers=workers,
        batch_size=batch_size,
        max_clip_seconds=max_clip_seconds,
        out=out,
        keep_audio=keep_audio,
        offline=offline,
        random_weights=random_weights,
        trust_pickle=trust_pickle or None,
        evaluators=by_role(evaluator),
        retry_failed=retry_failed,
    )
    with Console() as console:
        planned = Run(tasks, options, console)
        if dry_run:
            plans = planned.plans()
            console.plans(plans, planned.estimate(plans))
            return
        results = planned.execute()
    console.results(results)
    raise typer.Exit(1 if results.failed else 0)
