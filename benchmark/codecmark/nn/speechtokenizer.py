"""SpeechTokenizer: a SEANet with an LSTM in both directions, and residual codebooks of its latent's own size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from codecmark.core.contracts import Codec
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights
from codecmark.nn import checkpoints, configurations
from codecmark.nn.convolutions import Conv1d, ConvTranspose1d
from codecmark.nn.network import Side, open_network
from codecmark.nn.parts import NetworkParts
from codecmark.nn.rvq import Codebook, ResidualVQ
from codecmark.nn.seanet import Seanet, SeanetCodec, elu
from codecmark.nn.snake import Snake
from codecmark.nn.whole_clips import WholeClips

CONFIG: dict[str, Any] = {
    "sample_rate": 16000,
    "n_filters": 64,
    "strides": [8, 5, 4, 2],
    "dimension": 1024,
    "bidirectional": True,
    "dilation_base": 2,
    "residual_kernel_size": 3,
    "n_residual_layers": 1,
    "lstm_layers": 2,
    "activation": "ELU",
    "codebook_size": 1024,
    "n_q": 8,
}
"""What is read of a configuration of its makers; the values are those of the published one."""
ACTIVATIONS = {"ELU": elu, "Snake": Snake}
UNUSED = re.compile(r"transform\.\w+|quantizer\.vq\.layers\.\d+\._codebook\.(inited|cluster_size|embed_avg)")
"""Of a checkpoint: the projection its teacher was met with, and the averages codebooks were trained by."""
CONFIGURATION = "config.json"


class SpeechTokenizer(SeanetCodec):
    """Source: Zhang et al., SpeechTokenizer: Unified Speech Tokenizer for Speech Language Models, 2024, section 3."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Of the fields of `CONFIG`. Raises `ValueError` for an activation that is not known here."""
        if config["activation"] not in ACTIVATIONS:
            raise ValueError(f"activation {config['activation']!r} is not one of {', '.join(ACTIVATIONS)}")
        seanet = Seanet(
            filters=config["n_filters"],
            dimension=config["dimension"],
            strides=tuple(config["strides"]),
            causal=False,
            activation=ACTIVATIONS[config["activation"]],
            residual_layers=config["n_residual_layers"],
            residual_kernel=config["residual_kernel_size"],
            dilation_base=config["dilation_base"],
            lstm_layers=config["lstm_layers"],
            bidirectional=config["bidirectional"],
        )
        books = (Codebook(config["codebook_size"], seanet.dimension) for _ in range(config["n_q"]))
        super().__init__(seanet, config["sample_rate"], ResidualVQ(*books))

    def decode_without_first(self, tokens: Tensor, side: Side) -> Tensor:
        """What is left of the speech when the first codebook, the one that was taught content, is not heard."""
        return self.waves(self.quantizer.decode(tokens[:, 1:], first=1))

    def original_name(self, name: str) -> str:
        """What its makers call one of our tensors."""
        place, _, tensor = name.rpartition(".")
        inner = {Conv1d: ".conv.conv", ConvTranspose1d: ".convtr.convtr"}.get(type(self.get_submodule(place)), "")
        place = re.sub(r"^(encoder|decoder)", r"\1.model", place)
        place = re.sub(r"^quantizer\.codebooks\.(\d+)", r"quantizer.vq.layers.\1._codebook", place)
        return f"{place}{inner}.{tensor}"


def trained(path: Path, content: Any) -> SpeechTokenizer:
    """The network of a checkpoint and the configuration beside it, whatever its widths.

    Raises `WeightsError` unless every tensor finds its place, and for a configuration that does not say all.
    """
    config = configurations.read(path.parent / CONFIGURATION)
    with config.understood():
        network = SpeechTokenizer(config)
    tensors = checkpoints.fold_weight_norm(checkpoints.by_name(content, path))
    used = {name: tensor for name, tensor in tensors.items() if not UNUSED.fullmatch(name)}
    checkpoints.fit(network, used, path, network.original_name)
    return network


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """One published model, with its weights or with random ones. Errors as `Resources.weights_folder`."""

    def of(folder: Path) -> SpeechTokenizer:
        path = folder / weights.files[0].name
        return trained(path, checkpoints.read(path, weights.name, resources))

    def plain() -> SpeechTokenizer:
        return SpeechTokenizer({**CONFIG, "activation": setting.options["activation"]})

    return WholeClips(open_network(weights, resources, of, plain), len(setting.streams), resources.device)


def open_parts(folder: Path, resources: Resources) -> NetworkParts:
    """The network in a folder of vectors, taken apart. Errors as `trained`."""
    network = trained(*checkpoints.in_folder(folder, resources))
    return NetworkParts(network, resources.device, {"from1": network.decode_without_first})
