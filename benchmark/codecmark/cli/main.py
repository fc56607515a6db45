"""The `codecmark` command: one file of this folder per sub-command."""

from __future__ import annotations

import signal
import sys
import traceback
from types import FrameType
from typing import Annotated, NoReturn

import typer

from codecmark.cli import check, doctor, download, publish, report, run, score
from codecmark.cli import list as listing
from codecmark.core.errors import ClipError, CodecmarkError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Compares neural audio codecs and codec language models: measured, resumable, reproducible.",
)
for command in (
    run.run,
    listing.list_,
    score.score,
    report.report,
    publish.publish,
    check.check,
    doctor.doctor,
    download.download,
):
    app.command(command.__name__.rstrip("_"))(command)


@app.callback()
def everywhere(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    pass


def main() -> None:
    """Runs the command line. Exit codes: 0 done, 1 some cells or checks failed, 2 a wrong request, 130 interrupted."""
    debug = "--debug" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--debug"]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except (CodecmarkError, ClipError) as error:
        if debug:
            traceback.print_exc()
        _stop(f"codecmark: {error}", 2)
    except KeyboardInterrupt:
        _stop("codecmark: interrupted; what was measured is kept, run the same command again to go on", 130)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _stop(line: str, code: int) -> NoReturn:
    print(line, file=sys.stderr)
    sys.exit(code)
