"""`codecmark report RUN`: the tables of a run as Markdown, CSV, LaTeX and HTML, and a plot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[Path, typer.Argument(help="A folder that 'codecmark run' has filled.")],
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
) -> None:
    """Write the tables of a run for a paper: Markdown, CSV, LaTeX, HTML, and a rate-quality plot."""
    from codecmark.publish.report import report as write

    for path in write(run, out):
        typer.echo(path)
