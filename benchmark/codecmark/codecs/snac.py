"""SNAC: a codec of several frame rates at once, of speech at 24 kHz, of music at 32 and 44.1 kHz."""

from __future__ import annotations

from codecmark.core.contracts import Codec
from codecmark.core.extras import require
from codecmark.core.network_module import NetworkModule
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Card, Prefix, Setting, Stream, Weights, WeightsFile

CODEBOOK_SIZE = 4096

CARD = Card(
    title="SNAC",
    family="SNAC",
    kind="neural",
    summary="Residual codebooks at several frame rates: the first for what changes slowly, the last for the rest.",
    paper="https://arxiv.org/abs/2410.14411",
    url="https://github.com/hubertsiuzdak/snac",
    code_licence="MIT",
    weights_licence="MIT",
    training_data="24 kHz: mostly speech; 32 and 44.1 kHz: mostly music (its makers' words; not published)",
    params=19_842_914,
    causal=False,
    batching="equal_length",
    prefix=Prefix(False, "the original decodes from all of its codebooks only"),
    notes=(
        "Size is that of the 24 kHz model; those of 32 and 44.1 kHz have 54,546,338 parameters.",
        "Needs the package snac: pip install 'codecmark[snac]'.",
        "A clip is filled up with silence to whole frames of its slowest codebook, and at 32 and 44.1 kHz to whole "
        "windows of attention, up to 0.4 s, all of which is sent: short clips cost more than the nominal rate.",
        "Its decoder adds noise. Here it is the same noise in every clip, so that results repeat.",
    ),
)


def _hub(name: str, revision: str, sha256: str, config_sha256: str | None = None, size: int | None = None) -> Weights:
    repo = f"hubertsiuzdak/snac_{name}"
    files = (
        WeightsFile(name="config.json", repo=repo, revision=revision, sha256=config_sha256),
        WeightsFile(name="pytorch_model.bin", repo=repo, revision=revision, sha256=sha256, size=size),
    )
    return Weights(name=f"snac_{name}", files=files, source=f"{repo} on the Hugging Face hub, {revision[:10]}")


WEIGHTS = {
    "24khz": _hub(
        "24khz",
        "d73ad176a12188fcf4f360ba3bf2c2fbbe8f58ec",
        "4b8164cc6606bfa627f1a784734c1e539891518f1191ed9194fe1e3b9b4bff40",
        "e119b9366d4f5e73c6ca5f31137c4ff361578bbb132953a5203afe037c4012be",
        79_488_254,
    ),
    "32khz": _hub(
        "32khz",
        "c84c6ac842dc7a44a6fb0f3b576ce94b48a7780f",
        "bfee2f057c1e287443786bedab377b5176b430e911417683977b7af71ea3ba65",
    ),
    "44khz": _hub(
        "44khz",
        "873ebef9718b89660340c6f55a2b515e98cfa1d9",
        "b0a676cbdc8d1cc53186f6d777bc956fb7932ceacdc657a4c3741646e9e7ead0",
    ),
}


def _setting(name: str, sample_rate: int, hops: tuple[int, ...], filled_to: int) -> Setting:
    """`hops` are samples a token, by codebook; a clip is filled up to a multiple of `filled_to`."""
    streams = tuple(Stream(sample_rate / hop, CODEBOOK_SIZE) for hop in hops)
    return Setting(
        model="snac", name=name, sample_rate=sample_rate, streams=streams, options={"filled_to_samples": filled_to}
    )


def frames(setting: Setting, num_samples: int) -> tuple[int, ...]:
    """Tokens of each stream for a clip that is filled up."""
    unit, rate = int(setting.options["filled_to_samples"]), setting.sample_rate or 0
    filled = -(-num_samples // unit) * unit
    return tuple(filled // round(rate / stream.frame_rate) for stream in setting.streams)


def weights_of(setting: Setting) -> Weights:
    return WEIGHTS[setting.name]


NETWORK = NetworkModule("codecmark.nn.snac", weights_of)


def open_snac(setting: Setting, resources: Resources) -> Codec:
    """Opens one model. Raises `WeightsMissing` where its package or its checkpoint is not here; random weights may do
    for the checkpoint."""
    require("snac", "snac")
    return NETWORK.open(setting, resources)


PLUGIN = CodecPlugin(
    name="snac",
    card=CARD,
    settings=(
        _setting("24khz", 24000, (2048, 1024, 512), 2048),
        _setting("32khz", 32000, (3072, 1536, 768, 384), 12288),
        _setting("44khz", 44100, (3072, 1536, 768, 384), 12288),
    ),
    open=open_snac,
    weights=weights_of,
    frames=frames,
    packages=("torch", "snac"),
)
