"""The errors codecmark raises on purpose, each a single line that says what to do next.

CodecmarkError                the family; the command line prints its message and exits with code 2
├── UsageError                the request itself is wrong: an unknown name, an option out of range
│   └── UnknownName           a name nobody answers to, with the nearest ones
├── ContentError              a task, leaderboard or report file that cannot be understood
├── DataError                 audio, a manifest or a corpus that is missing or cannot be read
├── WeightsError              model files that are damaged or not the pinned ones
│   └── WeightsMissing        model files that are not on this machine; says how to get them
├── PluginError               a plug-in that cannot be loaded, or a name taken twice
├── ProvisionError            an environment of a model that cannot be made or removed
└── StoreError                a run folder that cannot be written, is locked, or is of a newer schema

`ClipError` stands apart: it is what one clip did wrong inside a batch (silent, too short, wrong length).
The harness turns it into a `Failure` of that clip; it never ends a run.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CodecmarkError(Exception):
    """Any error codecmark raises on purpose; the message is one line and says what to do."""


class UsageError(CodecmarkError):
    """The request is wrong: an option out of range, or options that contradict each other."""


class UnknownName(UsageError):
    """A name that nobody answers to."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names) or 'none'}"
        super().__init__(f"unknown {kind} '{name}': {hint}")


class ContentError(CodecmarkError):
    """A YAML file in tasks/, leaderboards/ or reports/ is missing, broken, or of an unknown schema."""


class DataError(CodecmarkError):
    """A corpus, manifest or audio file is missing or cannot be read."""


class WeightsError(CodecmarkError):
    """Model files are damaged, or their sha256 is not the pinned one."""


class WeightsMissing(WeightsError):
    """Model files are not on this machine and could not be downloaded."""


class PluginError(CodecmarkError):
    """A plug-in cannot be loaded, or claims a name that is taken."""


class ProvisionError(CodecmarkError):
    """An interpreter of its own that a model needs cannot be made, or not be removed."""


class StoreError(CodecmarkError):
    """A run folder cannot be read or written, or another run is using it."""


class ClipError(Exception):
    """One clip cannot be processed or scored: `kind` is a short word for counting, the message is for people."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    def __reduce__(self) -> tuple[type[ClipError], tuple[str, str]]:
        return type(self), (self.kind, self.message)
