"""FunCodec's configurations: those of its published models, and the network that any such describes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from codecmark.core.errors import WeightsError
from codecmark.nn.configurations import Configuration
from codecmark.nn.encodec_network import SEANET_OPTIONS, EncodecConfig, EncodecNetwork, with_codebooks
from codecmark.nn.freqcodec import FreqCodec, Spectra
from codecmark.nn.rvq import Codebook
from codecmark.nn.seanet2d import Half

Network = EncodecNetwork | FreqCodec

TIME: Mapping[str, Any] = {"norm": "time_group_norm", "causal": False}
FREQUENCY: Mapping[str, Any] = {**TIME, "dilation_base": 1, "seq_model": "none"}
MODELS: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "nq32ds320": ("encodec", TIME, {}),
    "nq32ds640": ("encodec", {**TIME, "ratios": [8, 5, 4, 2, 2]}, {}),
    "gr1nq32ds320": ("freq_codec", {**FREQUENCY, "n_filters": 16, "conv_group_ratio": 1}, {"tr_conv_group_ratio": 1}),
    "gr8nq32ds320": ("freq_codec", {**FREQUENCY, "conv_group_ratio": 8}, {}),
}
"""What the configurations of the published models say of the model, of both halves, and of the decoder besides.

Those of FreqCodec are not public without its checkpoints: assumed is what comes closest to the sizes in its README.
"""
DOMAINS = {"encodec": "time", "freq_codec": ["mag_phase", "mag_phase"]}
"""What encoder and decoder of each model work on."""
FIXED_MODEL = {"segment_dur": None, "bypass_quantizer": False}
FIXED_QUANTIZER = {"codec_dim": None, "codec_range": None, "q0_ds_ratio": 1}
FIXED_HALF = {
    "activation": "ELU",
    "activation_params": {"alpha": 1.0},
    "res_seq": True,
    "final_activation": None,
    "trim_right_ratio": 1.0,
}
FIXED_TIME = {
    **FIXED_HALF,
    "norm_params": {"num_groups": 1},
    "true_skip": False,
    "seq_model": "lstm",
    "double_filters": True,
    "half_filters": True,
    "add_snake_activation": False,
    "channels": 1,
}
FIXED_FREQUENCY = {**FIXED_HALF, "channels": 3}
"""Options that no published model has otherwise."""
OF_FREQUENCY = {
    "target_sample_hz": 24000,
    "audio_normalize": False,
    "segment_dur": 1.0,
    "codec_domain": ["time", "time"],
    "domain_conf": {},
}
"""What the model in frequency is where its configuration does not say."""
TIME_OPTIONS = {**SEANET_OPTIONS, "seq_layer_num": "num_lstm_layers"}
"""Options of either half in time, and what transformers calls them."""


def published(name: str) -> Configuration:
    """The configuration of one of `MODELS`."""
    model, halves, decoder = MODELS[name]
    waves = {"target_sample_hz": 16000, "audio_normalize": True, "segment_dur": None, "codec_domain": DOMAINS[model]}
    content = {
        "model": model,
        "model_conf": waves,
        "encoder_conf": halves,
        "quantizer_conf": {"num_quantizers": 32},
        "decoder_conf": {**halves, **decoder},
    }
    return Configuration(content, f"the configuration of {name}")


def network_of(config: Configuration) -> Network:
    """The network that a configuration describes. Raises `WeightsError` for one that is not known here.

    Source: Du et al., FunCodec: A Fundamental, Reproducible and Integrable Open-source Toolkit for Neural Speech
    Codec, 2024.
    """
    config.only({"quantizer": "costume_quantizer"})
    quantizer = config.part("quantizer_conf", codebook_size=1024, num_quantizers=8)
    quantizer.only(FIXED_QUANTIZER)
    if config["model"] == "freq_codec":
        return _in_frequency(config, quantizer)
    config.only({"model": "encodec"})
    return _in_time(config, quantizer)


def _in_time(config: Configuration, quantizer: Configuration) -> EncodecNetwork:
    config.only({"input_size": 1, "encoder": "encodec_seanet_encoder", "decoder": "encodec_seanet_decoder"})
    model = config.part("model_conf", target_sample_hz=24000, audio_normalize=True, segment_dur=1.0)
    model.only({**FIXED_MODEL, "codec_domain": DOMAINS["encodec"]})
    encoder, decoder = (
        EncodecConfig(**{TIME_OPTIONS[name]: value for name, value in half.items()})
        for half in _halves(config, TIME_OPTIONS, FIXED_TIME)
    )
    encoder.sampling_rate, encoder.normalize = model["target_sample_hz"], model["audio_normalize"]
    encoder.codebook_size = quantizer["codebook_size"]
    encoder.codebook_dim = decoder.hidden_size = encoder.hidden_size
    return EncodecNetwork(with_codebooks(encoder, quantizer["num_quantizers"]), decoder)


def _in_frequency(config: Configuration, quantizer: Configuration) -> FreqCodec:
    config.only({"input_size": 3, "encoder": "encodec_seanet_encoder_2d", "decoder": "encodec_seanet_decoder_2d"})
    model = config.part("model_conf", **OF_FREQUENCY)
    model.only({**FIXED_MODEL, "codec_domain": DOMAINS["freq_codec"]})
    domain = model.part("domain_conf", n_fft=512, hop_length=160)
    spectra = Spectra(
        sample_rate=model["target_sample_hz"],
        size=domain["n_fft"],
        step=domain["hop_length"],
        normalised=model["audio_normalize"],
    )
    encoder, decoder = (Half(**half) for half in _halves(config, Half.__dataclass_fields__, FIXED_FREQUENCY))
    books = [Codebook(quantizer["codebook_size"], encoder.dimension) for _ in range(quantizer["num_quantizers"])]
    return FreqCodec(encoder, decoder, spectra, books)


def _halves(config: Configuration, options: Collection[str], fixed: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is said of the `options` of encoder and decoder. Raises `WeightsError` for one that is neither known nor
    `fixed`, since nobody could say what it changes."""
    for name in ("encoder_conf", "decoder_conf"):
        half = config.part(name, causal=False)
        half.only({key: value for key, value in fixed.items() if half.get(key) != {}})
        if unknown := sorted(half.keys() - options - fixed.keys()):
            raise WeightsError(f"{half.where} has options that are not known here: {', '.join(unknown)}")
        yield {key: value for key, value in half.items() if key in options}
