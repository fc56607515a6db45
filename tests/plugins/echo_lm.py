"""A codec language model that gives back what it hears: it proves Request -> Response before any real one is here."""

from __future__ import annotations

from collections.abc import Sequence

from codecmark import Card, LMPlugin, Packets, Request, Resources, Response, Setting

RATE = 16000


class Echo:
    """`copy` gives all of the audio back, `half` only the first half of it."""

    def __init__(self, setting: Setting, resources: Resources) -> None:
        self.setting = setting

    def generate(self, batch: Sequence[Request]) -> Sequence[Response]:
        return [self._answer(request) for request in batch]

    def _answer(self, request: Request) -> Response:
        assert request.audio is not None
        if self.setting.name == "half":
            return Response(audio=request.audio.fit(request.audio.num_samples // 2))
        sent = Packets((bytes(request.audio.num_samples // 80),), request.audio.num_samples)
        return Response(audio=request.audio, text=request.text, encoded=sent, generated_tokens=len(sent.payload[0]))


PLUGIN = LMPlugin(
    name="echo",
    card=Card(title="Echo", family="Echo", kind="lm", summary="Says what it hears.", code_licence="Apache-2.0"),
    settings=tuple(Setting(model="echo", name=name, sample_rate=RATE) for name in ("copy", "half")),
    acts=frozenset({"SE", "AC"}),
    open=Echo,
)
