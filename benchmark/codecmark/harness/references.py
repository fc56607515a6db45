"""The reference half of a shard: every clip read once, made mono, and brought to the rates that are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from codecmark.core.acts import RESYNTHESIS, act, check_request
from codecmark.core.audio import Audio
from codecmark.core.items import Clip, Request
from codecmark.core.scores import Failure
from codecmark.harness.grade import failure
from codecmark.harness.task import Task, digest

Item = Clip | Request


class References:
    """What the models are given and what they are compared with, for the clips of one shard.

    A clip that cannot be read is a `Failure` in `unreadable`, by clip id; every other clip has an item.
    """

    def __init__(self, task: Task, clips: Iterable[Clip]) -> None:
        self._task = task
        self._native: dict[str, Audio] = {}
        self._rates: dict[tuple[str, int], Audio] = {}
        self.items: dict[str, Item] = {}
        self.unreadable: dict[str, Failure] = {}
        for clip in clips:
            try:
                self._read(clip)
            except Exception as error:  # noqa: BLE001 - foreign code: a corpus may be a plug-in; its clip fails
                self.unreadable[clip.id] = failure("read", error)

    def at(self, clip_id: str, sample_rate: int) -> Audio:
        """The clip, mono, at a rate in Hz; always made from its native rate, once per rate."""
        key = (clip_id, sample_rate)
        if key not in self._rates:
            self._rates[key] = self._native[clip_id].resample(sample_rate)
        return self._rates[key]

    def _read(self, clip: Clip) -> None:
        native = clip.audio().mono(self._task.mono)
        if (error := self._task.too_long(native.seconds)) is not None:  # whatever its corpus says of it
            raise error
        self._native[clip.id] = native
        reference = replace(
            clip,
            load=partial(itself, self.at(clip.id, self._task.sample_rate)),
            seconds=native.seconds,
            source_rate=clip.source_rate or native.sample_rate,
        )
        self.items[clip.id] = reference if self._task.act == RESYNTHESIS else self._request(reference)

    def _request(self, reference: Clip) -> Request:
        """The clip as a question to a codec language model: of what it holds, what the act has use for; itself is the
        ground truth. Raises `ClipError` where that is not all that the act needs."""
        held: dict[str, Any] = {
            "text": reference.text,
            "audio": reference.audio(),
            "source_language": reference.language,
        }
        request = Request(
            id=reference.id,
            act=self._task.act,
            max_seconds=reference.seconds,
            seed=int(digest(self._task.seed, reference.id), 16) % 2**31,
            reference=reference,
            **{name: value for name, value in held.items() if name in act(self._task.act).uses},
        )
        check_request(request)
        return request


def itself(audio: Audio) -> Audio:
    """For a clip whose audio is in memory: `load=partial(itself, audio)` can be pickled."""
    return audio
