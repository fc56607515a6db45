"""`codecmark check CODEC`: does a codec keep the rules that every codec keeps?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from codecmark.core.plugins import CodecPlugin
    from codecmark.core.settings import Setting


def check(
    codec: Annotated[str, typer.Argument(help="A codec such as opus, one setting such as opus/12, or a comma list.")],
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:INDEX.")] = "auto",
    weights_root: Annotated[Path | None, typer.Option(help="Where model files are, one folder per model.")] = None,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="Make weights up where they are missing; quality is not checked.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    trust_pickle: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Weights whose pickle files may run code when read; repeatable."),
    ] = None,
) -> None:
    """Tries the rules that every codec keeps: lengths, bits, repeatability, batches, extremes, alignment.

    Exit code 1 when one is broken.
    """
    from collections import Counter

    from codecmark.core.resources import Resources
    from codecmark.harness.checks import RULES
    from codecmark.harness.checks import check as results
    from codecmark.harness.devices import devices

    chosen = _chosen(codec)
    place = devices(device)[0]
    resources = Resources(
        device=place,
        weights_root=weights_root,
        random_weights=random_weights,
        offline=offline,
        trusted_pickles=frozenset(trust_pickle or ()),
    )
    wide, names = (max(map(len, words)) for words in ([setting.id for _, setting in chosen], RULES))
    count: Counter[str] = Counter()
    for plugin, setting in chosen:
        if (weights := plugin.weights(setting)) is not None and not (offline or random_weights):
            resources.download(weights)
        for result in results(plugin, setting, resources):
            count[result.status] += 1
            status = result.status.replace("_", " ")
            typer.echo(f"{setting.id:{wide}}  {result.name:{names}}  {status:14}  {result.detail}")
    typer.echo(f"{count['pass']} passed, {count['fail']} failed, {count['not_applicable']} not applicable")
    raise typer.Exit(1 if count["fail"] else 0)


def _chosen(codec: str) -> list[tuple[CodecPlugin, Setting]]:
    """The settings named. Raises `UnknownName`, and `UsageError` for a codec language model: it has other rules."""
    from codecmark.core import choose
    from codecmark.core.errors import UsageError
    from codecmark.core.plugins import CodecPlugin

    chosen = []
    for plugin, setting in choose.settings(choose.words(codec) or ()):
        if not isinstance(plugin, CodecPlugin):
            raise UsageError(f"'{setting.id}' is a codec language model: 'codecmark check' tries codecs")
        chosen.append((plugin, setting))
    if not chosen:
        raise UsageError("no codec named: 'codecmark list codecs' shows them")
    return chosen
