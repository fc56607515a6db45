"""FunCodec: opens its models, by the configuration that lies beside each checkpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codecmark.core.contracts import Codec
from codecmark.core.errors import WeightsError
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights
from codecmark.nn import checkpoints, configurations, encodec_network
from codecmark.nn.configurations import Configuration
from codecmark.nn.encodec_network import SEANET_OPTIONS, EncodecConfig, EncodecNetwork, with_codebooks
from codecmark.nn.network import open_network
from codecmark.nn.parts import NetworkParts
from codecmark.nn.whole_clips import WholeClips

CONFIGURATION, CHECKPOINT = "config.yaml", "model.pth"
"""The files of a model."""
UNUSED = re.compile(r"(discriminator|mel_spec_transforms)\..*|quantizer\.rq\.model\.(inited|cluster_size|embed_avg)")
"""Of a checkpoint: the networks and spectra it was trained with, and the averages its codebooks were trained by."""
CODEBOOKS = "quantizer.rq.model.embed"
"""The tensor of all codebooks (codebooks, entries, dimension)."""

HALF: Mapping[str, Any] = {"norm": "time_group_norm", "causal": False}
PUBLISHED: Mapping[str, Mapping[str, Any]] = {
    "nq32ds320": {"encoder_conf": HALF, "decoder_conf": HALF},
    "nq32ds640": {half: {**HALF, "ratios": [8, 5, 4, 2, 2]} for half in ("encoder_conf", "decoder_conf")},
}
"""What the configurations of the published models say of encoder and decoder, as far as it matters here."""
SHARED: Mapping[str, Any] = {
    "model": "encodec",
    "model_conf": {"target_sample_hz": 16000, "segment_dur": None},
    "quantizer_conf": {"num_quantizers": 32},
}
"""What all of them say."""
OPTIONS = {**SEANET_OPTIONS, "seq_layer_num": "num_lstm_layers"}
"""Options of either half, and what transformers calls them."""
FIXED_PARTS = {
    "model": "encodec",
    "input_size": 1,
    "encoder": "encodec_seanet_encoder",
    "quantizer": "costume_quantizer",
    "decoder": "encodec_seanet_decoder",
}
FIXED_MODEL = {"segment_dur": None, "bypass_quantizer": False, "codec_domain": "time"}
FIXED_QUANTIZER = {"codec_dim": None, "codec_range": None, "q0_ds_ratio": 1}
FIXED_HALF = {
    "activation": "ELU",
    "activation_params": {"alpha": 1.0},
    "norm_params": {"num_groups": 1},
    "true_skip": False,
    "seq_model": "lstm",
    "res_seq": True,
    "double_filters": True,
    "half_filters": True,
    "add_snake_activation": False,
    "channels": 1,
    "final_activation": None,
    "trim_right_ratio": 1.0,
}
"""Options that no published model has otherwise."""


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """A published model, with its weights or with random ones. Errors as `Resources.weights_folder`."""
    published = Configuration({**SHARED, **PUBLISHED[str(setting.options["network"])]}, setting.id)
    network = open_network(
        weights,
        resources,
        lambda folder: trained_network(folder, weights.name, resources),
        lambda: network_of(published),
    )
    return WholeClips(network, len(setting.streams), resources.device)


def open_parts(folder: Path, resources: Resources) -> NetworkParts:
    """The network in a folder of vectors, taken apart. Errors as `trained_network`."""
    network = trained_network(folder, folder.name, resources)
    return NetworkParts(network, resources.device, {"noscale": lambda tokens, side: network.decode(tokens, {})})


def trained_network(folder: Path, weights: str, resources: Resources) -> EncodecNetwork:
    """The network in a folder, of whatever widths its configuration says.

    Raises `WeightsError` unless every tensor finds its place, and for a network that is built in another way.
    """
    config = configurations.read(folder / CONFIGURATION)
    with config.understood():
        network = network_of(config)
    fill(network, checkpoints.read(folder / CHECKPOINT, weights, resources), folder / CHECKPOINT)
    return network


def fill(network: EncodecNetwork, stored: Any, path: Path) -> None:
    """Loads what a checkpoint holds. Raises `WeightsError` unless every tensor but those `UNUSED` finds its place."""
    if not isinstance(stored, Mapping):
        raise WeightsError(f"weights file {path} holds no tensors by name")
    tensors = {name: tensor for name, tensor in stored.items() if not UNUSED.fullmatch(name)}
    books = enumerate(tensors.pop(CODEBOOKS, ()))
    tensors |= {f"quantizer.vq.layers.{index}._codebook.embed": book for index, book in books}
    encodec_network.loaded(network, path, tensors)


def network_of(config: Configuration) -> EncodecNetwork:
    """EnCodec's network, not causal, on clips of one loudness: FunCodec in time.

    Source: Du et al., FunCodec: A Fundamental, Reproducible and Integrable Open-source Toolkit for Neural Speech
    Codec, 2024.
    """
    config.only(FIXED_PARTS)
    model = config.part("model_conf", target_sample_hz=24000, audio_normalize=True, segment_dur=1.0)
    quantizer = config.part("quantizer_conf", codebook_size=1024, num_quantizers=8)
    model.only(FIXED_MODEL)
    quantizer.only(FIXED_QUANTIZER)
    encoder, decoder = (_half(config.part(half, causal=False)) for half in ("encoder_conf", "decoder_conf"))
    encoder.sampling_rate, encoder.normalize = model["target_sample_hz"], model["audio_normalize"]
    encoder.codebook_size = quantizer["codebook_size"]
    encoder.codebook_dim = decoder.hidden_size = encoder.hidden_size
    return EncodecNetwork(with_codebooks(encoder, quantizer["num_quantizers"]), decoder)


def _half(given: Configuration) -> EncodecConfig:
    """A configuration for transformers with the options of encoder or decoder."""
    given.only({name: value for name, value in FIXED_HALF.items() if given.get(name) != {}})
    if unknown := sorted(given.keys() - OPTIONS.keys() - FIXED_HALF.keys()):
        raise WeightsError(f"{given.where} has options that are not known here: {', '.join(unknown)}")
    return EncodecConfig(**{ours: given[theirs] for theirs, ours in OPTIONS.items() if theirs in given})
