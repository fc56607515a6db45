"""When memory runs out: how that is told from other trouble, and how what is not needed is given back."""

from __future__ import annotations

import gc

import torch

REFUSALS = ("DefaultCPUAllocator: can't allocate memory", "_STATUS_ALLOC_FAILED")
"""How torch words it where it has no type of its own for it: on a CPU, and inside cuDNN and cuBLAS."""


def ran_out(error: Exception) -> bool:
    """Whether an error says that the device, or this machine, has too little memory left."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(words in str(error) for words in REFUSALS)


def give_back() -> None:
    """Frees what nothing refers to any more, and returns what torch holds of a CUDA device for later."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
