"""codecmark: a measured comparison of neural audio codecs and codec language models.

The public face. Everything else may move; what is named here stays.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from codecmark.core.audio import Audio
from codecmark.core.contracts import Codec, CodecLM, Dataset, Metric
from codecmark.core.encoded import Codes, Encoded, Packets
from codecmark.core.environments import Environment
from codecmark.core.errors import ClipError, CodecmarkError
from codecmark.core.items import Clip, Output, Request, Response
from codecmark.core.plugins import CodecPlugin, DatasetPlugin, LMPlugin, MetricPlugin, ScoreSpec
from codecmark.core.resources import Resources
from codecmark.core.scores import Failure, NotApplicable, Score, Unavailable
from codecmark.core.settings import Card, Delay, Prefix, Setting, Stream, Weights, WeightsFile

if TYPE_CHECKING:
    from codecmark.core.remote import RemoteCodec, RemoteLM
    from codecmark.harness.runner import run
    from codecmark.harness.score import score
    from codecmark.results.frames import load

__all__ = [
    "Audio",
    "Card",
    "ClipError",
    "Clip",
    "Codec",
    "CodecLM",
    "CodecPlugin",
    "CodecmarkError",
    "Codes",
    "Dataset",
    "DatasetPlugin",
    "Delay",
    "Encoded",
    "Environment",
    "Failure",
    "LMPlugin",
    "Metric",
    "MetricPlugin",
    "NotApplicable",
    "Output",
    "Packets",
    "Prefix",
    "RemoteCodec",
    "RemoteLM",
    "Request",
    "Resources",
    "Response",
    "Score",
    "ScoreSpec",
    "Setting",
    "Stream",
    "Unavailable",
    "Weights",
    "WeightsFile",
    "load",
    "run",
    "score",
]

_LATE = {
    "RemoteCodec": "codecmark.core.remote",
    "RemoteLM": "codecmark.core.remote",
    "load": "codecmark.results.frames",
    "run": "codecmark.harness.runner",
    "score": "codecmark.harness.score",
}
"""Names that need pandas, torch or other processes: loaded when first asked for; `import codecmark` stays cheap."""


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(importlib.import_module(_LATE[name]), name)
    raise AttributeError(f"module 'codecmark' has no attribute '{name}'")
