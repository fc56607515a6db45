"""`codecmark score`: score audio that something else decoded."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecmark.cli.options import Device, Evaluator, Offline, WeightsRoot, Workers, by_role

if TYPE_CHECKING:
    from codecmark.core.resources import Resources
    from codecmark.core.scores import Answer
    from codecmark.harness.score import Pair

Row = dict[str, Any]
AUDIO = (".wav", ".flac", ".mp3", ".ogg")


def score(
    pairs: Annotated[
        Path | None, typer.Option(help="CSV with columns reference,decoded and maybe text,speaker.")
    ] = None,
    reference: Annotated[Path | None, typer.Option(help="Folder of references.")] = None,
    decoded: Annotated[Path | None, typer.Option(help="Folder of decoded files of the same names.")] = None,
    metrics: Annotated[
        str | None, typer.Option(metavar="LIST", help="Scores; default: all that need only a pair.")
    ] = None,
    evaluator: Evaluator = None,
    weights_root: WeightsRoot = None,
    device: Device = "auto",
    offline: Offline = False,
    workers: Workers = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON row per pair and metric.")] = False,
) -> None:
    """Scores pairs of reference and decoded audio. Exit code 1 when some scores failed.

    The decoded signal is brought to the reference's rate and both to the shorter length; a delay is not repaired.
    """
    from codecmark.core.choose import words
    from codecmark.core.resources import Resources, root_folder
    from codecmark.harness.devices import devices
    from codecmark.harness.score import default_metrics, score_pairs

    given = _pairs(pairs, reference, decoded)
    names = words(metrics) or default_metrics()
    resources = Resources(
        device=devices(device)[0],
        weights_root=root_folder("--weights-root", weights_root),
        offline=offline,
        evaluators=by_role(evaluator),
    )
    _fetch_weights(names, resources)
    rows: list[Row] = []
    for pair, answers in score_pairs(given, names, workers, resources):
        rows += [_row(pair, name, answer) for name, answer in answers.items()]
    typer.echo(json.dumps(rows, indent=1, ensure_ascii=False) if as_json else _summary(rows, names))
    raise typer.Exit(1 if any(row["status"] == "failed" for row in rows) else 0)


def _fetch_weights(names: Sequence[str], resources: Resources) -> None:
    from codecmark.harness import lacking

    wanted = [] if resources.offline else lacking.of_metrics(names, resources)
    for line in lacking.fetched(wanted, resources):
        typer.echo(line, err=True)


def _pairs(pairs: Path | None, reference: Path | None, decoded: Path | None) -> list[Pair]:
    from codecmark.core.errors import UsageError

    if pairs is not None and reference is None and decoded is None:
        return _listed(pairs)
    if pairs is None and reference is not None and decoded is not None:
        return _matched(reference, decoded)
    raise UsageError("give --pairs PAIRS.csv, or --reference DIR and --decoded DIR")


def _listed(path: Path) -> list[Pair]:
    from codecmark.core.errors import DataError
    from codecmark.harness.score import Pair

    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    if not rows or not {"reference", "decoded"} <= rows[0].keys():
        raise DataError(f"{path}: expected a header with the columns reference,decoded and a row per pair")
    found = []
    for number, row in enumerate(rows, start=2):
        if not row["reference"] or not row["decoded"]:
            raise DataError(f"{path} line {number}: reference or decoded is empty")
        files = [path.parent / row[name] for name in ("reference", "decoded")]
        text, speaker = row.get("text") or None, row.get("speaker") or None
        found.append(Pair(reference=files[0], decoded=files[1], text=text, speaker=speaker))
    return found


def _matched(reference: Path, decoded: Path) -> list[Pair]:
    from codecmark.core.errors import DataError
    from codecmark.harness.score import Pair

    references, outputs = _by_stem(reference), _by_stem(decoded)
    if not references.keys() & outputs.keys():
        raise DataError(f"no file of {decoded} has the name of one in {reference} (suffix aside)")
    return [Pair(reference=path, decoded=outputs.get(stem, decoded / path.name)) for stem, path in references.items()]


def _by_stem(folder: Path) -> dict[str, Path]:
    from codecmark.core.errors import DataError

    if not folder.is_dir():
        raise DataError(f"no such folder: {folder}")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in AUDIO)
    return {str(path.relative_to(folder).with_suffix("")): path for path in files}


def _row(pair: Pair, metric: str, answer: Answer) -> Row:
    from codecmark.core.scores import Failure, NotApplicable, Score, Unavailable

    row: Row = {"reference": str(pair.reference), "decoded": str(pair.decoded), "metric": metric}
    match answer:
        case Score():
            return {**row, "status": "ok", "value": answer.value, "weight": answer.weight, "reason": ""}
        case Failure():
            status = "failed"
        case NotApplicable():
            status = "not_applicable"
        case Unavailable():
            status = "unavailable"
    return {**row, "status": status, "value": None, "weight": None, "reason": answer.reason}


def _summary(rows: list[Row], names: Sequence[str]) -> str:
    width = max(map(len, ("metric", *names))) + 2
    lines = [f"{'metric':<{width}}{'mean':>12}{'n/N':>10}"]
    for name in names:
        mine = [row for row in rows if row["metric"] == name]
        scored = [row for row in mine if row["status"] == "ok"]
        total = sum(row["weight"] for row in scored)
        nothing = "∞" if mine and all(row["reason"] == "identical" for row in mine) else "-"
        mean = f"{sum(row['value'] * row['weight'] for row in scored) / total:.4f}" if total else nothing
        lines.append(f"{name:<{width}}{mean:>12}{f'{len(scored)}/{len(mine)}':>10}")
    lines += [
        f"{row['metric']} {row['decoded']}: {row['status'].replace('_', ' ')}, {row['reason']}"
        for row in rows
        if row["status"] != "ok"
    ]
    return "\n".join(lines)
