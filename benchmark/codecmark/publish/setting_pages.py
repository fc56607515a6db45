"""A page for each setting: its card, what was measured of it on each clip, and its best and worst clips to hear."""

from __future__ import annotations

import csv
import io
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from codecmark.publish import assets, cells, commands
from codecmark.publish.clip_scores import ClipRow, Extremes, by_setting, clip_text, extremes
from codecmark.publish.formats import file_name, nominal, save
from codecmark.publish.page_frame import frame
from codecmark.publish.players import AUDIO, Pair, Players
from codecmark.publish.runs import Loaded
from codecmark.publish.sections import data_uri, grouped
from codecmark.results.card import Plain
from codecmark.results.tables import Column, Row, Table, apart

FOLDER = "settings"
CARD_FACTS = (
    ("Summary", "summary"),
    ("Family", "family"),
    ("Paper", "paper"),
    ("Home", "url"),
    ("Licence of the code", "code_licence"),
    ("Licence of the weights", "weights_licence"),
    ("Training data", "training_data"),
    ("Look-ahead beyond the frame, ms", "look_ahead_ms"),
    ("Batches that give the same as one clip at a time", "batching"),
    ("Provenance", "provenance"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A clip to listen to, with its score; without a pair its audio was not kept."""

    row: ClipRow
    score: str
    rank: str
    pair: Pair | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one task measured of the setting."""

    run: Loaded
    table: Table
    row: Row
    columns: tuple[Column, ...]
    clips: tuple[ClipRow, ...]
    ends: Extremes | None
    heard: tuple[Heard, ...]
    anchor: str

    @property
    def csv(self) -> str:
        """The scores of every clip as a data address: a line per clip, after each score its state."""
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        names = [name for column in self.columns for name in (column.name, f"{column.name}_state")]
        writer.writerow(["task", "setting", "clip", "seconds", "speaker", *names])
        for row in self.clips:
            found = [row.cells.get(column.name) for column in self.columns]
            values = [value for cell in found for value in ((cell.value, cell.state) if cell else (None, "missing"))]
            writer.writerow([self.table.task, self.row.id, row.id, row.clip["seconds"], row.clip["speaker"], *values])
        return data_uri("text/csv", lines.getvalue())

    @property
    def command(self) -> str:
        """What measures the setting anew."""
        return f"{commands.of_task(self.run, self.table.task)} {commands.of_row(self.row)}"


def addresses(runs: Sequence[Loaded]) -> list[dict[str, str]]:
    """Where the page of each setting of each run is, as seen from the index; no two share one."""
    taken: set[str] = set()
    return [{id_: f"{FOLDER}/{_free(id_, taken)}.html" for id_ in run.card.settings} for run in runs]


def _free(id_: str, taken: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9.]+", "-", id_.lower()).strip("-.") or "setting"
    name = next(name for i in range(len(taken) + 1) if (name := f"{plain}-{i + 1}" if i else plain) not in taken)
    taken.add(name)
    return name


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages of a run go: the folder of the site, the address of each page in it, the folder of its audio."""

    out: Path
    pages: dict[str, str]
    audio: str
    budget_bytes: float


def place(out: Path, pages: dict[str, str], number: int, audio_mb: float) -> Place:
    """For the run of that number."""
    return Place(out, pages, f"{AUDIO}/{number + 1}" if number else AUDIO, audio_mb * 1e6)


def write(folder: Path, run: Loaded, to: Place) -> list[Path]:
    """Writes the pages of a run and copies the audio that has no room in them; gives the paths of the pages."""
    scores = by_setting(run.card, run.latest)
    environment = _environment()
    template, common = environment.get_template("setting.html"), frame()
    written = []
    for id_, setting in run.card.settings.items():
        players = Players(folder, to.out, to.audio, to.budget_bytes)
        rows = [(table, row) for table in run.tables for row in table.rows if row.id == id_]
        parts = [
            _part(run, table, row, scores.get((table.task, id_), []), players, f"t{number}")
            for number, (table, row) in enumerate(rows)
        ]
        page = template.render(**common, run=run, setting=setting, parts=parts, facts=facts(setting))
        written.append(save(to.out / to.pages[id_], page))
    return written


def _part(run: Loaded, table: Table, row: Row, clips: list[ClipRow], players: Players, anchor: str) -> Part:
    columns = tuple(column for _, columns in grouped(table) for column in columns)
    ends = extremes(clips, columns)
    return Part(
        run=run,
        table=table,
        row=row,
        columns=columns,
        clips=tuple(clips),
        ends=ends,
        heard=tuple(_heard(table.task, row, ends, players)) if ends else (),
        anchor=anchor,
    )


def _heard(task: str, row: Row, ends: Extremes, players: Players) -> list[Heard]:
    ranked = [("best", one) for one in ends.best] + [("worst", one) for one in ends.worst]
    return [
        Heard(
            row=one,
            score=clip_text(one.cells[ends.column.name], ends.column.decimals),
            rank=rank,
            pair=players.pair(task, row.id, one.id),
        )
        for rank, one in ranked
    ]


def facts(setting: Plain) -> list[tuple[str, str]]:
    """The card of a setting as titles and texts, without what nobody knows."""
    card = setting["card"]
    found = [(title, str(card[key])) for title, key in CARD_FACTS if card.get(key) is not None]
    found += _numbers(setting)
    if card.get("delay"):
        delay = card["delay"]
        found.append(("Delay that is removed", f"{delay['samples']} samples; {delay['evidence']}"))
    if card.get("prefix"):
        prefix = card["prefix"]
        found.append(("Valid at fewer codebooks", f"{'yes' if prefix['valid'] else 'no'}; {prefix['reason']}"))
    found += [("Note", note) for note in card.get("notes") or ()]
    weights = setting["weights"]
    source = f"; {weights['source']}" if weights.get("source") else ""
    found.append(("Weights", f"{weights['state']}{source}"))
    if weights["fingerprint"] not in (None, "", weights["state"]):
        found.append(("Fingerprint of the weights", str(weights["fingerprint"])))
    if setting["versions"]:
        found.append(("Packages", ", ".join(f"{name} {version}" for name, version in setting["versions"].items())))
    return found


def _numbers(setting: Plain) -> list[tuple[str, str]]:
    card = setting["card"]
    known: list[tuple[str, Any]] = [
        ("Row of the survey", setting["survey_id"]),
        ("Sample rate, Hz", setting["sample_rate"]),
        ("Nominal bit rate, kbps", None if setting["kbps"] is None else f"{setting['kbps']:.4g}"),
        ("Codebooks", setting["n_codebooks"]),
        ("Entries per codebook", setting["codebook_size"]),
        ("Frames per second", setting["frame_rate"]),
        ("Parameters", None if card.get("params") is None else f"{card['params']:,}"),
        ("Causal", {True: "yes", False: "no"}.get(card["causal"]) if card.get("causal") is not None else None),
        ("Options", ", ".join(f"{key} {value}" for key, value in setting["options"].items()) or None),
    ]
    return [(title, str(value)) for title, value in known if value is not None]


def _environment() -> jinja2.Environment:
    environment = assets.environment()
    environment.globals.update(
        apart=apart,
        clip_text=clip_text,
        sort_value=cells.sort_value,
        explained=cells.explained,
        middle=cells.middle,
        measured_by=cells.measured_by,
        file_name=file_name,
        nominal=nominal,
        own=commands.own,
        quoted=shlex.quote,
    )
    return environment
