"""`codecmark publish RUN...`: a page of results that opens from the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def publish(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders that 'codecmark run' has filled.")],
    out: Annotated[Path, typer.Option(help="The folder to write the page to.")],
    audio_mb: Annotated[
        float, typer.Option("--audio-mb", metavar="MB", min=0, help="Audio inside each page; more lies beside it.")
    ] = 1.0,
) -> None:
    """Write a page of the results of one run or several; it opens from the disk and needs no network."""
    from codecmark.publish.leaderboard import publish as write

    typer.echo(write(runs, out, audio_mb)[0])
