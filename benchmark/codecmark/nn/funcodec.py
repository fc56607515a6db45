"""FunCodec: opens its models, in time and in frequency, by the configuration that lies beside each checkpoint."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from codecmark.core.contracts import Codec
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights
from codecmark.nn import checkpoints, configurations, encodec_network
from codecmark.nn.freqcodec import FreqCodec
from codecmark.nn.funcodec_configs import Network, network_of, published
from codecmark.nn.network import of_setting, open_network
from codecmark.nn.parts import NetworkParts
from codecmark.nn.whole_clips import WholeClips

CONFIGURATION, CHECKPOINT = "config.yaml", "model.pth"
"""The files of a model."""
UNUSED = re.compile(
    r"(discriminator|mel_spec_transforms)\..*|(enc|dec)_trans_func\.window"
    r"|quantizer\.rq\.model\.(inited|cluster_size|embed_avg)"
)
"""Of a checkpoint: networks and spectra it was trained with, windows, and averages its codebooks were trained by."""
CODEBOOKS = "quantizer.rq.model.embed"
"""The tensor of all codebooks (codebooks, entries, dimension)."""


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """A published model, with its weights or with random ones. Errors as `Resources.weights_folder`."""
    network = open_network(
        weights,
        resources,
        lambda folder: of_setting(trained_network(folder, weights.name, resources), setting),
        lambda: network_of(published(str(setting.options["network"]))),
    )
    return WholeClips(network, len(setting.streams), resources.device)


def open_parts(folder: Path, resources: Resources) -> NetworkParts:
    """The network in a folder of vectors, taken apart. Errors as `trained_network`."""
    network = trained_network(folder, folder.name, resources)
    return NetworkParts(network, resources.device, {"noscale": lambda tokens, side: network.decode(tokens, {})})


def trained_network(folder: Path, weights: str, resources: Resources) -> Network:
    """The network in a folder, of whatever widths its configuration says.

    Raises `WeightsError` unless every tensor finds its place, and for a network that is built in another way.
    """
    config = configurations.read(folder / CONFIGURATION)
    with config.understood():
        network = network_of(config)
    fill(network, checkpoints.read(folder / CHECKPOINT, weights, resources), folder / CHECKPOINT)
    return network


def fill(network: Network, stored: Any, path: Path) -> None:
    """Loads what a checkpoint holds. Raises `WeightsError` unless every tensor but those `UNUSED` finds its place."""
    named = checkpoints.by_name(stored, path)
    tensors = {name: tensor for name, tensor in named.items() if not UNUSED.fullmatch(name)}
    books = enumerate(tensors.pop(CODEBOOKS, ()))
    tensors |= {f"quantizer.vq.layers.{index}._codebook.embed": book for index, book in books}
    if isinstance(network, FreqCodec):
        checkpoints.fit(network, checkpoints.fold_weight_norm(tensors), path, network.original_name)
    else:
        encodec_network.loaded(network, path, tensors)
