"""Curves of a plot of quality over bit rate: which settings share one, what they are called, who is on the front."""

from __future__ import annotations

from typing import Any

from codecmark.publish.curves import curves
from codecmark.publish.rate_plots import front, panels


def titles(run: Any) -> dict[str, list[str]]:
    return {curve.title: [row.id for row in curve.rows] for curve in curves(run.table())}


def test_the_numbers_of_codebooks_of_one_network_are_a_curve(run: Any) -> None:
    for count in (8, 1, 4):
        run.setting("net", f"16khz-{count}", kbps=count / 2, fingerprint="abc", card_title="Net")
    assert titles(run) == {"Net": ["net/16khz-1", "net/16khz-4", "net/16khz-8"]}


def test_networks_of_one_codec_are_told_apart_by_rate_or_by_the_names_of_their_settings(run: Any) -> None:
    networks = (("general-", 16000, "a"), ("speech-", 16000, "b"), ("24khz-", 24000, "c"))
    for name, rate, fingerprint in networks:
        for count in (1, 12):
            run.setting("net", f"{name}{count}", kbps=count / 2, sample_rate=rate, fingerprint=fingerprint)
    assert list(titles(run)) == ["net general", "net speech", "net 24 kHz"]


def test_anchors_and_random_weights_have_none(run: Any) -> None:
    run.setting("anchor", kind="anchor")
    run.setting("random", weights="random")
    assert titles(run) == {}


def test_a_demonstration_is_drawn_and_is_on_no_front(run: Any) -> None:
    pesq = run.metric("pesq")
    for model, kind, kbps, value in (
        ("toy", "demonstration", 1.0, 4.0),
        ("a", "neural", 2.0, 2.0),
        ("b", "neural", 4.0, 3.0),
    ):
        run.answers(run.setting(model, kind=kind, kbps=kbps), pesq, *[value] * 4)
    assert list(titles(run)) == ["a", "b", "toy (demonstration)"]
    (panel,) = panels(run.table())
    points = {point.row.id: point.front for line in panel.lines for point in line.points}
    assert points == {"a/1": True, "b/1": True, "toy/1": False}


def test_the_front_is_what_nothing_beats_for_less() -> None:
    points = [(3.0, 2.5), (6.0, 2.0), (12.0, 3.0), (12.0, 2.9), (12.5, 3.0), (24.0, 4.2)]
    assert front(points, higher_is_better=True) == [(3.0, 2.5), (12.0, 3.0), (24.0, 4.2)]
    assert front(points, higher_is_better=False) == [(3.0, 2.5), (6.0, 2.0)]
