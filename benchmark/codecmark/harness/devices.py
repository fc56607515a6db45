"""Which devices a run uses: auto, cpu, cuda, cuda:1."""

from __future__ import annotations

import torch

from codecmark.core.errors import UsageError


def devices(wish: str) -> list[str]:
    """The torch names of the devices meant: `auto` is every visible GPU, else the CPU.

    Raises `UsageError` for a device that is not here.
    """
    count = torch.cuda.device_count()
    visible = [f"cuda:{index}" for index in range(count)]
    if wish == "cpu" or (wish == "auto" and not visible):
        return ["cpu"]
    if wish in ("auto", "cuda") and visible:
        return visible
    if wish in visible:
        return [wish]
    found = f"{count} CUDA devices are visible" if count else "no CUDA device is visible"
    raise UsageError(f"--device {wish}: {found}; use auto, cpu, cuda or cuda:INDEX")
