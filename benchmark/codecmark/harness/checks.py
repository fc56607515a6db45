"""The conformance kit behind `codecmark check`: tries every rule on a codec, built in or not, trained or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from codecmark.core.errors import CodecmarkError
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.core.settings import Setting, WeightsState
from codecmark.harness import rules, signals
from codecmark.harness.subject import Finding, Status, Subject

RULES: dict[str, rules.Rule] = {
    "sample_rate": rules.sample_rate,
    "length": rules.length,
    "tokens": rules.tokens,
    "frames": rules.frames,
    "bit_rate": rules.bit_rate,
    "encode_repeats": rules.encode_repeats,
    "decode_repeats": rules.decode_repeats,
    "batch": rules.batch,
    "prefix": rules.prefix,
    "silence": rules.survives(lambda rate: signals.silence(rate, 0.5)),
    "click": rules.survives(lambda rate: signals.click(rate, 0.5)),
    "square_wave": rules.survives(lambda rate: signals.square_wave(rate, 0.5)),
    "short_clip": rules.survives(lambda rate: signals.speech_like(rate, 0.1)),
    "lag": rules.of_waveform(rules.lag),
    "level": rules.of_waveform(rules.level),
    "bandwidth": rules.of_waveform(rules.bandwidth),
}
LONG: dict[str, rules.Rule] = {
    "long_clip": rules.survives(lambda rate: signals.speech_like(rate, 5.0).loop(60 * rate)),
}
"""Rules that take a while, tried when asked for."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether a setting keeps one rule, and one line about it."""

    name: str
    status: Status
    detail: str


def check(plugin: CodecPlugin, setting: Setting, resources: Resources, long: bool = False) -> Iterator[CheckResult]:
    """Opens the setting and tries every rule in turn; a codec that raises breaks that rule, and the next is tried.

    With `long` also the rules of `LONG`.

    Raises `WeightsMissing` where the model's files are not here and random weights were not asked for, or cannot be.
    """
    random_weights = resources.state(plugin.weights(setting)) is WeightsState.RANDOM
    codec = plugin.open(setting, resources)
    subject = Subject(codec, setting, plugin, resources, random_weights)
    for name, rule in (RULES | LONG if long else RULES).items():
        finding = _try(rule, subject)
        yield CheckResult(name, finding.status, finding.detail)


def _try(rule: rules.Rule, subject: Subject) -> Finding:
    try:
        return rule(subject)
    except CodecmarkError:
        raise
    except Exception as error:  # noqa: BLE001 - a codec under test may raise anything, and that is the answer
        return Finding("fail", f"raised {type(error).__name__}: {' '.join(str(error).split())}")
