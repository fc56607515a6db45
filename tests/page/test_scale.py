"""A large run: sixty settings, 50,400 records."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from codecmark.publish.leaderboard import publish

METRICS = (
    "kbps",
    "pesq_wb",
    "pesq_nb",
    "stoi",
    "estoi",
    "mel_cs",
    "mel_dac",
    "si_sdr",
    "wer",
    "sim",
    "cer",
    "encode_rtf",
)


def large(made_up: Any) -> Path:
    """Twelve families of five settings each on 70 clips."""
    values = random.Random(0)
    for metric in METRICS:
        made_up.metric(metric, higher=metric not in ("kbps", "mel_cs", "mel_dac", "wer", "cer", "encode_rtf"))
    for i in range(60):
        kbps = 0.5 * 2 ** (i % 10 * 0.6)
        setting = made_up.setting(f"codec{i // 5}", str(i), kbps=kbps, card_title=f"Codec family {i // 5}")
        for metric in METRICS:
            level = kbps if metric == "kbps" else 3 * values.random() + 0.4 * (i % 10)
            for clip in made_up.clips:
                made_up.answer(setting, metric, clip, level + 0.2 * values.random())
    folder: Path = made_up.write()
    return folder


@pytest.mark.page
def test_a_large_run_is_small_and_quick(made_up: Any, view: Any, tmp_path: Path) -> None:
    made_up.clips = tuple(f"clip-{i:03d}" for i in range(70))
    folder = large(made_up)
    assert len(made_up.records) == 50_400
    started = time.process_time()
    index, *pages = publish([folder], tmp_path / "site")
    assert time.process_time() - started < 10
    assert len(pages) == 60
    assert index.stat().st_size < 1_000_000
    assert max(page.stat().st_size for page in pages) < 1_000_000
    started = time.monotonic()
    view.open(index.as_uri())
    assert view.ask("document.querySelectorAll('#t0-0 tbody tr').length") == 60
    assert time.monotonic() - started < 10
    view.ask("document.querySelector('.high').scrollTop = 900")
    top = "document.querySelector('{}').getBoundingClientRect().top"
    assert abs(view.ask(top.format("#t0-0 thead")) - view.ask(top.format(".high"))) < 3, "headings stay in sight"
    assert view.said == []
