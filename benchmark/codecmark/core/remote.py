"""A codec and a codec language model whose work is done in an interpreter of their own.

The `open` of such a plug-in returns one of these; what is its own stands in the adapter of its environment, which is
told plain things and gives plain things back (see core/worker.py):

    open_model(setting)          -> the model; setting has model, name, sample_rate, options, codebook_sizes, device,
                                    weights (a folder, or None where they are made up), trusted (their pickle files
                                    may run code), source (the checkout, on sys.path), seed, offline
    model.encode(clip)           -> {"codes": [[...], ...]}, maybe "side": {name: [...]} and "side_bits", of clip.audio;
                                    or {"packets": [bytes, ...]}
    model.decode(sent)           -> {"audio": (samples, sample rate)}, of sent.codes, .side or .packets, .num_samples
    model.generate(request)      -> the fields of a `Response`; codes may stand for `encoded`
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import Any

import numpy as np

from codecmark.core.audio import Audio
from codecmark.core.encoded import Codes, Encoded, Packets
from codecmark.core.environments import Environment
from codecmark.core.errors import ClipError
from codecmark.core.items import Request, Response
from codecmark.core.model_process import ModelProcess
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights, WeightsState

ENCODED = frozenset({"codes", "side", "side_bits", "packets"})
RESPONSE = frozenset({"audio", "text", "labels", "includes_prompt", "generated_tokens"})
HIDDEN = frozenset({"reference"})
"""What a model is not told of a request."""


class Remote:
    """Holds the model of a setting in an environment; ends it when nobody has use of it any more, or codecmark ends."""

    def __init__(
        self, environment: Environment, setting: Setting, resources: Resources, weights: Weights | None = None
    ) -> None:
        self._setting = setting
        self._model = ModelProcess(environment, _opening(setting, resources, weights), _variables(resources))
        weakref.finalize(self, self._model.close)

    def peak_memory(self) -> AbstractContextManager[Callable[[], int | None]]:
        """As `peak_memory` of core/worker.py, of the process that does the work."""
        return self._model.peak_memory()


class RemoteCodec(Remote):
    """A codec; one clip at a time, each with its own time limit."""

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        return [self._encoded(audio) for audio in batch]

    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        return [self._decoded(encoded) for encoded in batch]

    def _encoded(self, audio: Audio) -> Encoded:
        answer = _checked(self._model.ask("encode", audio=audio), ENCODED)
        return _encoded(answer, self._setting, audio.num_samples)

    def _decoded(self, encoded: Encoded) -> Audio:
        sent: dict[str, Any] = {"num_samples": encoded.num_samples}
        if isinstance(encoded, Packets):
            sent["packets"] = encoded.payload
        else:
            sent |= {"codes": encoded.streams, "side": encoded.side}
        answer = _checked(self._model.ask("decode", **sent), frozenset({"audio"}))
        audio: Audio = _needed(answer, "audio")
        return audio


class RemoteLM(Remote):
    """A codec language model; one request at a time, each with its own time limit.

    The audio of a request is given to it mono, at the setting's sample rate.
    """

    def generate(self, batch: Sequence[Request]) -> Sequence[Response]:
        return [self._response(request) for request in batch]

    def _response(self, request: Request) -> Response:
        names = [field.name for field in fields(Request) if field.name not in HIDDEN]
        given = {name: self._given(getattr(request, name)) for name in names}
        answer = _checked(self._model.ask("generate", **given), ENCODED | RESPONSE)
        encoded = None
        if not ENCODED.isdisjoint(answer):
            encoded = _encoded(answer, self._setting, _needed(answer, "audio").num_samples)
        return Response(**{name: answer[name] for name in RESPONSE & answer.keys()}, encoded=encoded)

    def _given(self, value: Any) -> Any:
        if not isinstance(value, Audio):
            return value
        return value.mono().resample(self._setting.sample_rate or value.sample_rate)


def _opening(setting: Setting, resources: Resources, weights: Weights | None) -> dict[str, Any]:
    """What the adapter is told. Raises `WeightsMissing` where files are missing and cannot be made up."""
    folder = None
    if weights is not None and resources.state(weights) is not WeightsState.RANDOM:
        folder = str(resources.weights_folder(weights))
    return {
        "model": setting.model,
        "name": setting.name,
        "sample_rate": setting.sample_rate,
        "options": dict(setting.options),
        "codebook_sizes": [stream.codebook_size for stream in setting.streams],
        "device": resources.device.partition(":")[0],
        "weights": folder,
        "trusted": weights is not None and weights.name in resources.trusted_pickles,
        "seed": resources.seed,
        "offline": resources.offline,
    }


def _variables(resources: Resources) -> dict[str, str]:
    """Lets the model see one GPU, by the only number there is then, or none; much code looks no further than `cuda`."""
    kind, _, index = resources.device.partition(":")
    number = int(index or 0)
    visible = [one for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one]
    gpu = "" if kind == "cpu" else visible[number] if number < len(visible) else str(number)
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"} if resources.offline else {}
    return {"CUDA_VISIBLE_DEVICES": gpu, **offline}


def _encoded(answer: Mapping[str, Any], setting: Setting, num_samples: int) -> Encoded:
    """The tokens or bytes in an answer. Raises `ClipError` where they are not what the setting says."""
    if "packets" in answer:
        return Packets(tuple(answer["packets"]), num_samples)
    sizes = tuple(stream.codebook_size for stream in setting.streams)
    try:
        streams = [np.array(stream, dtype=None if stream else np.int64) for stream in _needed(answer, "codes")]
        side = {name: np.array(values, dtype=np.float32) for name, values in answer.get("side", {}).items()}
        return Codes(streams, sizes, num_samples, side, answer.get("side_bits", 0))
    except ValueError as error:
        raise ClipError("wrong_answer", str(error)) from error


def _checked(answer: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    if unknown := answer.keys() - known:
        raise ClipError("wrong_answer", f"the adapter gave {sorted(unknown)}, known are {sorted(known)}")
    return answer


def _needed(answer: Mapping[str, Any], name: str) -> Any:
    if answer.get(name) is None:
        raise ClipError("wrong_answer", f"the adapter gave no '{name}'")
    return answer[name]
