"""AudioDec: opens its published models, and folders of any such model. Whole clips; nothing is streamed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from codecmark.core.contracts import Codec
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, Weights
from codecmark.nn import checkpoints, configurations
from codecmark.nn.audiodec_network import AudioDec, Autoencoder, Shape, Vocoder, VocoderShape
from codecmark.nn.configurations import Configuration
from codecmark.nn.hifigan import SLOPE, Fields, Growth
from codecmark.nn.inference import ready
from codecmark.nn.network import open_network
from codecmark.nn.parts import NetworkParts
from codecmark.nn.whole_clips import WholeClips

Network = TypeVar("Network", bound=nn.Module)

IGNORED = re.compile(r".*(^|\.)(pad_buffer|cluster_size|embed_avg)")
"""Tensors of a checkpoint that have no part here: what streaming keeps between its pieces, and averages of training."""
FIXED_AUTOENCODER = {
    "mode": "causal",
    "codec": "audiodec",
    "projector": "conv1d",
    "quantier": "residual_vq",
    "nonlinear_activation": "ELU",
}
FIXED_VOCODER = {"nonlinear_activation": "LeakyReLU", "nonlinear_activation_params": {"negative_slope": SLOPE}}
"""What configurations must not say otherwise."""

LIBRITTS = Shape(sample_rate=24000)
VCTK = Shape(sample_rate=48000)
VCTK_C16 = Shape(sample_rate=48000, encoder_strides=(2, 4, 5, 8), decoder_strides=(8, 5, 4, 2), codebooks=16)
GROWTH = Growth(channels_in=64, strides=(5, 5, 4, 3), upsampling_kernels=(10, 10, 8, 6))
V0 = VocoderShape(growth=GROWTH, fields=Fields())
V1 = VocoderShape(growth=GROWTH, fields=Fields(kernels=(11,), dilations=((1, 3, 5),)), groups=3)
MODELS: Mapping[str, tuple[Shape, VocoderShape | None]] = {
    "24khz-v1": (LIBRITTS, V1),
    "24khz-sym": (LIBRITTS, None),
    "48khz-v0": (VCTK, V0),
    "48khz-v1": (VCTK, V1),
    "48khz-sym": (VCTK, None),
    "48khz-c16-sym": (VCTK_C16, None),
}
"""The published models by the name of their setting: an autoencoder, and a vocoder or none."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file of the original's makers and what it holds."""

    path: Path
    content: Any

    @property
    def config(self) -> Configuration:
        """What lies beside it. Raises `WeightsError` where nothing does."""
        return configurations.read(self.path.parent / "config.yml")

    def fill(self, network: Network) -> Network:
        """Gives a network the tensors of the generator. Raises `WeightsError` unless each finds its place."""
        stored = checkpoints.by_name(self.content, self.path, "model", "generator")
        kept = {name: tensor for name, tensor in stored.items() if not IGNORED.fullmatch(name)}
        upright = {name: tensor.T if name.endswith(".embed") else tensor for name, tensor in kept.items()}
        checkpoints.fit(network, checkpoints.fold_weight_norm(upright), self.path, _original_name)
        return network


def open_codec(setting: Setting, weights: Weights, resources: Resources) -> Codec:
    """A published model, with its weights or with random ones. Errors as `Resources.weights_folder`.

    `weights` are two files, the encoder's checkpoint and the decoder's.
    """
    shape, vocoder = MODELS[setting.name]

    def trained(folder: Path) -> AudioDec:
        encoder, decoder = (_read(folder / file.name, weights.name, resources) for file in weights.files)
        filled = decoder.fill(Vocoder(vocoder)) if vocoder else decoder.fill(Autoencoder(shape)).decoder
        return AudioDec(shape, encoder.fill(Autoencoder(shape)), filled)

    def plain() -> AudioDec:
        autoencoder = Autoencoder(shape)
        return AudioDec(shape, autoencoder, Vocoder(vocoder) if vocoder else autoencoder.decoder)

    return WholeClips(open_network(weights, resources, trained, plain), len(setting.streams), resources.device)


def open_parts(folder: Path, resources: Resources) -> NetworkParts:
    """The network of a folder whose meta.json names checkpoints; beside each lies its config.yml.

    It decodes with the vocoder where there is one. Raises `WeightsError` for a folder that is not so, or a checkpoint
    of another model.
    """
    named = configurations.read(folder / "meta.json").part("checkpoints")

    def checkpoint(role: str) -> Checkpoint:
        return _read(folder / named[role], folder.name, resources)

    encoder = checkpoint("encoder")
    with encoder.config.understood():
        shape = shape_of(encoder.config)
        autoencoder = encoder.fill(Autoencoder(shape))
    decoders: dict[str, nn.Module] = {}
    if "vocoder" in named:
        vocoder = checkpoint("vocoder")
        with vocoder.config.understood():
            decoders["vocoder"] = vocoder.fill(Vocoder(vocoder_shape_of(vocoder.config)))
    if "sym_decoder" in named or not decoders:
        decoders["sym"] = checkpoint("sym_decoder").fill(Autoencoder(shape)).decoder
    networks = {
        name: ready(AudioDec(shape, autoencoder, decoder), resources.device) for name, decoder in decoders.items()
    }
    ways = {name: network.decode for name, network in networks.items()}
    return NetworkParts(next(iter(networks.values())), resources.device, ways)


def shape_of(config: Configuration) -> Shape:
    """Of an autoencoder. Raises `WeightsError` for one that is built otherwise than the published ones with `Shape`."""
    given = config.part("generator_params")
    given.only(FIXED_AUTOENCODER)
    return Shape(
        sample_rate=config["sampling_rate"],
        encoder_width=given["encode_channels"],
        encoder_ratios=tuple(given["enc_ratios"]),
        encoder_strides=tuple(given["enc_strides"]),
        decoder_width=given["decode_channels"],
        decoder_ratios=tuple(given["dec_ratios"]),
        decoder_strides=tuple(given["dec_strides"]),
        dimension=given["code_dim"],
        codebooks=given["codebook_num"],
        entries=given["codebook_size"],
        bias=given["bias"],
    )


def vocoder_shape_of(config: Configuration) -> VocoderShape:
    """Of a vocoder. Errors as `shape_of`."""
    given = config.part("generator_params")
    given.only(FIXED_VOCODER)
    return VocoderShape(
        growth=Growth(
            channels_in=given["in_channels"],
            channels=given["channels"],
            kernel=given["kernel_size"],
            strides=tuple(given["upsample_scales"]),
            upsampling_kernels=tuple(given["upsample_kernel_sizes"]),
        ),
        fields=Fields(
            kernels=tuple(given["resblock_kernel_sizes"]), dilations=tuple(map(tuple, given["resblock_dilations"]))
        ),
        groups=given["groups"],
        bias=given["bias"],
    )


def _read(path: Path, weights: str, resources: Resources) -> Checkpoint:
    return Checkpoint(path, checkpoints.read(path, weights, resources))


def _original_name(name: str) -> str:
    """What the original calls one of our tensors."""
    name = name.replace("projector.conv.", "projector.project.conv.")
    return name.replace("quantizer.codebooks.", "quantizer.codebook.layers.")
