"""Mimi: Kyutai's codec of speech at 12.5 frames a second, the ears and the voice of Moshi."""

from __future__ import annotations

from codecmark.core.network_module import NetworkModule
from codecmark.core.plugins import CodecPlugin
from codecmark.core.settings import Card, Prefix, Setting, Stream, Weights, WeightsFile

SAMPLE_RATE = 24000
HOP, CODEBOOK_SIZE = 1920, 2048
REVISION = "89091b3e466eb6a9d11e537bf26b144f194978f7"

WEIGHTS = Weights(
    name="mimi",
    files=(
        WeightsFile(
            name="model.safetensors",
            repo="kyutai/mimi",
            revision=REVISION,
            size=384_649_828,
            sha256="bac7e85083dcded655d24eaadde7e6eea34c0da1b35fa2d284e641bd2b942a5e",
        ),
    ),
    source=f"kyutai/mimi on the Hugging Face hub, {REVISION[:10]}",
)

CARD = Card(
    title="Mimi",
    family="Mimi",
    kind="neural",
    summary="Kyutai's codec for speech models: a causal SEANet with a transformer, at 12.5 frames a second.",
    paper="https://arxiv.org/abs/2410.00037",
    url="https://github.com/kyutai-labs/moshi",
    code_licence="Apache-2.0 (transformers)",
    weights_licence="CC BY 4.0",
    training_data="speech, not itemised by its makers",
    params=79_308_609,
    causal=True,
    look_ahead_ms=0.0,
    batching="padded",
    prefix=Prefix(True, "the original takes any first ones of its 32; Moshi speaks and hears with 8"),
    notes=(
        "Its first codebook was taught what a self-supervised model of speech (WavLM) hears, the others the sound.",
        "A clip is filled up with silence to whole frames of 80 ms, as by the original.",
    ),
)


def _setting(codebooks: int) -> Setting:
    streams = (Stream(SAMPLE_RATE / HOP, CODEBOOK_SIZE),) * codebooks
    return Setting(model="mimi", name=f"24khz-{codebooks}", sample_rate=SAMPLE_RATE, streams=streams)


NETWORK = NetworkModule("codecmark.nn.mimi", lambda setting: WEIGHTS)

PLUGIN = CodecPlugin(
    name="mimi",
    card=CARD,
    settings=(_setting(8), _setting(32)),
    open=NETWORK.open,
    weights=NETWORK.weights_of,
    packages=("torch", "transformers"),
)
