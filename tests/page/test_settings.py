"""The pages of settings in a browser: their clips, their players, their card."""

from __future__ import annotations

import base64
import csv
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codecmark import Audio
from codecmark.publish import spectrograms
from codecmark.publish.leaderboard import publish

pytestmark = pytest.mark.page


def test_players_play_what_is_inside_and_what_lies_beside(view: Any, site: Path) -> None:
    view.open((site / "settings" / "opus-12.html").as_uri())
    kinds = view.ask("[...document.querySelectorAll('audio')].map(a => a.getAttribute('src').slice(0, 14))")
    assert len(kinds) == 8  # two best and two worst clips, before and after
    assert kinds[:2] == ["data:audio/flac"[:14]] * 2
    assert kinds[-1] == "../audio/toy/o"
    for number in (0, 7):
        view.ask(f"document.querySelectorAll('audio')[{number}].play()")
        assert view.ask(f"document.querySelectorAll('audio')[{number}].duration") == pytest.approx(3.0)
        view.until(f"document.querySelectorAll('audio')[{number}].currentTime > 0.05")
    assert view.ask("document.querySelectorAll('audio')[0].paused") is True
    assert view.said == []
    assert {address.partition(":")[0] for address in view.asked} <= {"file", "data"}


def test_the_other_of_a_pair_goes_on_where_the_first_was(view: Any, site: Path) -> None:
    view.open((site / "settings" / "opus-12.html").as_uri())
    view.ask("document.querySelectorAll('audio')[0].play()")
    view.ask("document.querySelectorAll('audio')[0].currentTime = 1.5")
    view.ask("document.querySelectorAll('audio')[1].play()")
    view.until("document.querySelectorAll('audio')[1].currentTime >= 1.5")


def test_best_and_worst_clips_are_those_of_the_records(view: Any, site: Path) -> None:
    view.open((site / "settings" / "opus-12.html").as_uri())
    heard = view.ask("[...document.querySelectorAll('article h4')].map(h => h.innerText.replace(/\\s+/g, ' '))")
    assert heard == ["e best: PESQ_WB 3.20", "d best: PESQ_WB 3.10", "a worst: PESQ_WB 2.80", "b worst: PESQ_WB 2.90"]
    spectrograms_shown = "[...document.images].filter(i => i.naturalWidth > 100 && i.naturalHeight > 50).length"
    assert view.ask(spectrograms_shown) == 8
    rows = "[...document.querySelectorAll('.clips tbody tr')].map(r => r.cells[0].innerText)"
    assert view.ask(rows) == ["a", "b", "c", "d", "e"]
    view.ask("document.querySelector('.clips [data-name=pesq_wb] button').click()")
    assert view.ask(rows) == ["e", "d", "c", "b", "a"]


def test_a_page_without_audio_says_so_and_tells_failures(view: Any, site: Path) -> None:
    view.open((site / "settings" / "opus-6.html").as_uri())
    text = view.ask("document.body.innerText")
    assert "The audio was not kept" in text
    assert view.ask("document.querySelector('.clips td[title]').title").startswith("the weights of whisper")
    failed = "[...document.querySelectorAll('.clips td')].find(cell => cell.innerText === 'failed').title"
    assert view.ask(failed) == "score: the worker died"
    assert "codecmark run toy --weights-root WEIGHTS --out again --codecs opus/6" in text


def test_a_score_of_one_clip_copies_its_command(view: Any, site: Path) -> None:
    view.open((site / "settings" / "opus-6.html").as_uri())
    view.ask("document.querySelector('.clips tbody tr:nth-child(2) .cell').click()")
    command = "codecmark run toy --weights-root WEIGHTS --out again --codecs opus/6 --clip b --metrics kbps"
    assert view.ask("document.querySelector('#strip-command').textContent") == command
    assert view.ask("document.querySelector('#strip-title').textContent") == "b, Bit rate: 6.00"


def test_the_scores_of_every_clip_can_be_taken_away(view: Any, site: Path) -> None:
    view.open((site / "settings" / "opus-6.html").as_uri())
    ((name, address),) = view.ask("[...document.querySelectorAll('a[download]')].map(a => [a.download, a.href])")
    assert name == "toy-opus%2F6.csv"
    lines = csv.DictReader(base64.b64decode(address.partition("base64,")[2]).decode().splitlines())
    clips = {line["clip"]: line for line in lines}
    assert list(clips) == list("abcde")
    assert float(clips["a"]["pesq_wb"]) == pytest.approx(1.8)
    assert (clips["c"]["stoi"], clips["c"]["stoi_state"]) == ("", "failed")


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (390, True)])
def test_it_is_quiet_fits_and_is_accessible(view: Any, site: Path, axe: str, width: int, dark: bool) -> None:
    view.look(width, dark)
    for name in ("opus-12", "identity-pcm"):
        view.open((site / "settings" / f"{name}.html").as_uri())
        assert view.ask("document.documentElement.scrollWidth <= innerWidth")
        assert view.said == []
        view.ask(axe + ";0")
        assert view.ask("axe.run().then(found => found.violations.map(one => one.id + one.nodes[0].html))") == []


def test_several_runs_are_told_apart_by_ear(
    view: Any, run_folder: Path, made_up: Any, tmp_path: Path, axe: str
) -> None:
    made_up.folder = tmp_path / "another-run"
    made_up.answers(made_up.setting("opus"), made_up.metric("pesq_wb"), 1.0, 2.0, 3.0, 4.0)
    index, *_ = publish([run_folder, made_up.write()], tmp_path / "site")
    view.open(index.as_uri())
    view.ask(axe + ";0")
    assert view.ask("axe.run().then(found => found.violations.map(one => one.id + one.nodes[0].html))") == []
    view.ask("document.querySelectorAll('#leaderboard nav a')[1].click()")
    assert view.ask("document.activeElement.innerText") == "Toy task run another-run"


def test_two_runs_of_one_name_do_not_share_pages_or_audio(run_folder: Path, tmp_path: Path) -> None:
    pages = publish([run_folder, run_folder], tmp_path, audio_mb=0.0)
    assert len(set(pages)) == 13
    assert (tmp_path / "settings" / "opus-12-2.html").is_file()
    copied = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.flac")}
    assert len(copied) == 16
    assert "audio/2/toy/opus/12/e.flac" in copied


def test_a_tone_is_a_line_at_its_frequency() -> None:
    """Read back by the rules of PNG: at 2 kHz of 8, a quarter up from the bottom."""
    time = np.arange(16000) / 16000
    content = spectrograms.png(Audio(0.5 * np.sin(2 * np.pi * 2000 * time), 16000), 8000.0)
    width, height = struct.unpack(">II", content[16:24])
    start = content.index(b"IDAT")
    (length,) = struct.unpack(">I", content[start - 4 : start])
    rows = np.frombuffer(zlib.decompress(content[start + 4 : start + 4 + length]), np.uint8).reshape(height, width + 1)
    loudest = rows[:, 1 + width // 2].argmax()
    assert 1 - loudest / (height - 1) == pytest.approx(0.25, abs=0.01)
    assert rows[0, 20:-20].max() == 0  # but for the ends, where the tone is cut off
