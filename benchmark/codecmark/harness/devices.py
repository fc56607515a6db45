"""Which devices a run uses: auto, cpu, cuda, cuda:1, or a list of them, each a lane."""

from __future__ import annotations

import torch

from codecmark.core.errors import UsageError


def devices(wish: str) -> list[str]:
    """The torch names of the devices meant, one for each lane: `auto` is every visible GPU, else the CPU.

    A comma list may name a device twice: `cpu,cpu` are two lanes on one CPU.
    Raises `UsageError` for a device that is not here, and for devices of two kinds: their outputs are kept apart.
    """
    found = [device for word in wish.split(",") for device in _devices(word.strip())]
    if len(kinds := sorted({device.partition(":")[0] for device in found})) > 1:
        raise UsageError(f"--device {wish}: lanes are on devices of one kind, not on {' and '.join(kinds)}")
    return found


def _devices(wish: str) -> list[str]:
    count = torch.cuda.device_count()
    visible = [f"cuda:{index}" for index in range(count)]
    if wish == "cpu" or (wish == "auto" and not visible):
        return ["cpu"]
    if wish in ("auto", "cuda") and visible:
        return visible
    if wish in visible:
        return [wish]
    found = f"{count} CUDA devices are visible" if count else "no CUDA device is visible"
    raise UsageError(f"--device {wish}: {found}; use auto, cpu, cuda or cuda:INDEX, or a list such as cuda:0,cuda:1")
