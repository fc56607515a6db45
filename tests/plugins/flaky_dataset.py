"""A corpus of two clips, one of which cannot be loaded, for a reason no one foresaw."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from codecmark import Audio, Clip, DatasetPlugin, Resources


class Flaky:
    def clips(self) -> Sequence[Clip]:
        return [Clip(id=name, load=partial(load, name), seconds=1.0, sha256=name) for name in ("fine", "moody")]


def load(name: str) -> Audio:
    if name == "moody":
        raise ZeroDivisionError("not\ntoday")
    return Audio(np.random.default_rng(0).normal(0, 0.1, 16000), 16000)


def open_flaky(argument: str, resources: Resources) -> Flaky:
    return Flaky()


PLUGIN = DatasetPlugin(name="flaky", title="Flaky", summary="", licence="Apache-2.0", open=open_flaky)
