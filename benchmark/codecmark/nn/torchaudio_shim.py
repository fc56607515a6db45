"""The one place that touches torchaudio, for the packages that cannot be imported without it.

Its wheel is built for CUDA: beside a CPU torch its extension fails to load, and with it speechbrain and many classes
of transformers, although what they use of it is plain Python. Nothing of ours calls torchaudio.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Literal

Outcome = Literal["native", "shimmed", "absent"]

_EXTENSION = "torchaudio._extension"


@cache
def prepare_torchaudio() -> Outcome:
    """Makes `import torchaudio` work; to be called before speechbrain or transformers is imported.

    Says what was found: `native` it works, `shimmed` it works without its compiled extension, `absent` there is none.
    """
    try:
        importlib.import_module("torchaudio")
    except ModuleNotFoundError as error:
        if error.name != "torchaudio":
            raise
        return "absent"
    except (OSError, RuntimeError):  # a library it links is not here; or it was built for another CUDA than torch
        _import_without_extension()
        return "shimmed"
    return "native"


def _import_without_extension() -> None:
    for name in [name for name in sys.modules if name.startswith("torchaudio.")]:
        del sys.modules[name]  # left half-way by the import that failed
    sys.modules[_EXTENSION] = _extension_stub()
    importlib.import_module("torchaudio")


def _extension_stub() -> ModuleType:
    """The names the rest of torchaudio takes from its extension, all saying that it is not there."""
    stub = ModuleType(_EXTENSION)
    stub.__spec__ = ModuleSpec(_EXTENSION, loader=None)  # without one, `find_spec` raises for whoever probes
    stub.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False, _IS_ALIGN_AVAILABLE=False, fail_if_no_align=_fail_when_called
    )
    return stub


def _fail_when_called(function: Callable[..., Any]) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"torchaudio's {function.__name__} needs its compiled extension, which does not load here")

    return fail
