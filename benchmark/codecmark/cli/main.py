"""The `codecmark` command: one file of this folder per sub-command."""

from __future__ import annotations

import signal
import sys
import traceback
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from codecmark.cli import check, doctor, download, env, publish, report, run, score
from codecmark.cli import list as listing
from codecmark.core.errors import ClipError, CodecmarkError

INTERRUPTED = 130

app = typer.Typer(
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
app.add_typer(env.env, name="env")


CommandLineError: type[Exception] = typer.BadParameter.__mro__[1]
"""click's UsageError, from wherever this version of typer has click."""


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
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except (CodecmarkError, ClipError) as error:
        if debug:
            traceback.print_exc()
        _stop(f"codecmark: {error}", 2)
    except CommandLineError as error:
        _stop(f"codecmark: {_advice(error)}", 2)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:  # what typer makes of Ctrl-C
        _stop("codecmark: interrupted; what was measured is kept, run the same command again to go on", code)
    sys.exit(code)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _advice(error: Any) -> str:
    command = error.ctx.command_path if error.ctx is not None else "codecmark"
    return f"{error.format_message().rstrip('.')} (see {command} --help)"


def _stop(message: str, code: int) -> NoReturn:
    print(" ".join(message.split()), file=sys.stderr)
    sys.exit(code)
