"""`codecmark doctor`: what this machine has, and what is missing."""

from __future__ import annotations

import typer


def doctor() -> None:
    """Says what this machine has: devices, versions, weights, and plug-ins that do not load."""
    import platform
    import shutil

    import torch

    from codecmark.core import registry
    from codecmark.core.choose import everything
    from codecmark.core.resources import Resources, home
    from codecmark.harness.provenance import PACKAGES, device_name
    from codecmark.nn.torchaudio_shim import prepare_torchaudio

    _line("python", f"{platform.python_version()} on {platform.platform()}")
    _line("processor", device_name("cpu"))
    gpus = [device_name(f"cuda:{index}") for index in range(torch.cuda.device_count())]
    _line("gpus", "; ".join(gpus) or "none visible")
    _line("torchaudio", prepare_torchaudio())
    _line("compiler", shutil.which("cc") or "none: only needed to install pesq")
    for package, version in registry.versions((*PACKAGES, "pesq", "pystoi", "speechbrain", "openai-whisper")).items():
        _line(package, version)
    _line("cache", str(home()))
    states = {}
    for plugin, setting in everything():
        if (weights := plugin.weights(setting)) is not None:
            states[weights.name] = f"{Resources().state(weights)} (codecmark download {weights.name})"
    for name, state in states.items():
        _line(f"weights {name}", state)
    for environment, _ in registry.environments().values():
        _line(f"environment {environment.name}", environment.lacking() or "ready")
    for error in registry.problems():
        _line("broken", str(error))


def _line(name: str, value: str) -> None:
    typer.echo(f"{name:<26} {value}")
