"""When memory runs out: how that is told from other trouble, and how what is not needed is given back."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

import torch

REFUSALS = ("DefaultCPUAllocator: can't allocate memory", "_STATUS_ALLOC_FAILED")
"""How torch words it where it has no type of its own for it: on a CPU, and inside cuDNN and cuBLAS."""


def ran_out(error: Exception) -> bool:
    """Whether an error says that the device, or this machine, has too little memory left."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(words in str(error) for words in REFUSALS)


def give_back() -> None:
    """Frees what nothing refers to any more, and returns what torch holds of a CUDA device, and the C library of this
    machine, for later use."""
    gc.collect()
    with suppress(OSError, AttributeError):  # only glibc has this
        ctypes.CDLL(None).malloc_trim(0)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
