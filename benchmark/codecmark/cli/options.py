"""Options that several commands have, each said once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:INDEX.")]
WeightsRoot = Annotated[Path | None, typer.Option(help="Where model files are, one folder per model.")]
Offline = Annotated[bool, typer.Option("--offline", help="Download nothing.")]
Workers = Annotated[int | None, typer.Option(help="Scoring processes; default: one per core.")]
TrustPickle = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Weights whose pickle files may run code when read; repeatable."),
]
Evaluator = Annotated[
    list[str] | None,
    typer.Option(metavar="ROLE=NAME", help="Model that a metric uses: whisper=base.en, ecapa=PATH; repeatable."),
]


def by_role(words: Iterable[str] | None) -> dict[str, str]:
    """The values of --evaluator by role. Raises `UsageError` for one that is not ROLE=NAME, or of an unknown role."""
    from codecmark.core.errors import UsageError
    from codecmark.harness.task import check_roles

    found = {}
    for word in words or ():
        role, separator, name = word.partition("=")
        if not (role and separator and name):
            raise UsageError(f"--evaluator {word}: give ROLE=NAME, such as whisper=base.en")
        found[role] = name
    check_roles(found)
    return found
