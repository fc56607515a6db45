"""A codec and a codec language model in an interpreter of their own."""

from __future__ import annotations

import os
from pathlib import Path

from codecmark import Card, Codec, CodecLM, CodecPlugin, Environment, LMPlugin, Resources, Setting, Stream

RATE = 16000
ENVIRONMENT = Environment(
    name="puppet",
    folder=Path(__file__).parent / "puppet_env",
    open_seconds=60.0,
    answer_seconds=float(os.environ.get("PUPPET_SECONDS", 2.0)),
)


def open_codec(setting: Setting, resources: Resources) -> Codec:
    from codecmark import RemoteCodec

    return RemoteCodec(ENVIRONMENT, setting, resources)


def open_lm(setting: Setting, resources: Resources) -> CodecLM:
    from codecmark import RemoteLM

    return RemoteLM(ENVIRONMENT, setting, resources)


CODEC = CodecPlugin(
    name="puppet_codec",
    card=Card(title="Puppet codec", family="Test", kind="neural", summary="", code_licence="Apache-2.0"),
    settings=(
        Setting(model="puppet_codec", name="tokens", sample_rate=RATE, streams=(Stream(RATE, 256),)),
        Setting(model="puppet_codec", name="bytes", sample_rate=RATE, nominal_kbps=128.0),
    ),
    open=open_codec,
    environment=ENVIRONMENT,
)
LM = LMPlugin(
    name="puppet",
    card=Card(title="Puppet", family="Test", kind="lm", summary="", code_licence="Apache-2.0"),
    settings=(Setting(model="puppet", name="one", sample_rate=RATE, options={"strings": 7}),),
    acts=frozenset({"AC"}),
    open=open_lm,
    environment=ENVIRONMENT,
)
