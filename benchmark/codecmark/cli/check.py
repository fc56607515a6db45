"""`codecmark check CODEC`: does a codec keep the rules that every codec keeps?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codecmark.cli.options import Device, Offline, TrustPickle, WeightsRoot

if TYPE_CHECKING:
    from codecmark.core.plugins import CodecPlugin
    from codecmark.core.resources import Resources
    from codecmark.core.settings import Setting
    from codecmark.harness.checks import CheckResult

WIDEST_RULE = 20
"""Characters of the longest name of a rule or an array."""


def check(
    codec: Annotated[str, typer.Argument(help="A codec such as opus, one setting such as opus/12, or a comma list.")],
    device: Device = "auto",
    weights_root: WeightsRoot = None,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="Make weights up where they are missing; quality is not checked.")
    ] = False,
    offline: Offline = False,
    trust_pickle: TrustPickle = None,
    vectors: Annotated[
        Path | None,
        typer.Option(help="A folder with a checkpoint and what the original makes of it, to hold the codec against."),
    ] = None,
    long: Annotated[bool, typer.Option("--long", help="Try a clip of 60 s too.")] = False,
) -> None:
    """Tries the rules that every codec keeps: lengths, bits, repeatability, batches, extremes, alignment.

    With --vectors instead: equal codes, latent and audio, part by part. Exit code 1 when a rule is broken.
    """
    from collections import Counter

    from codecmark.core.resources import Resources, root_folder
    from codecmark.harness.devices import devices

    chosen = _chosen(codec)
    resources = Resources(
        device=devices(device)[0],
        weights_root=root_folder("--weights-root", weights_root),
        random_weights=random_weights,
        offline=offline,
        trusted_pickles=frozenset(trust_pickle or ()),
    )
    count: Counter[str] = Counter()
    wide = max(len(setting.id) for _, setting in chosen)
    results = _by_rules(chosen, resources, long) if vectors is None else _by_vectors(chosen, vectors, resources)
    for name, result in results:
        count[result.status] += 1
        status = result.status.replace("_", " ")
        typer.echo(f"{name:{wide}}  {result.name:{WIDEST_RULE}}  {status:14}  {result.detail}")
    typer.echo(f"{count['pass']} passed, {count['fail']} failed, {count['not_applicable']} not applicable")
    raise typer.Exit(1 if count["fail"] else 0)


def _by_rules(
    chosen: list[tuple[CodecPlugin, Setting]], resources: Resources, long: bool
) -> Iterator[tuple[str, CheckResult]]:
    from codecmark.harness.checks import check as results

    for plugin, setting in chosen:
        weights = plugin.weights(setting)
        if weights is not None and not (resources.offline or resources.random_weights):
            resources.download(weights)
        yield from ((setting.id, result) for result in results(plugin, setting, resources, long))


def _by_vectors(
    chosen: list[tuple[CodecPlugin, Setting]], folder: Path, resources: Resources
) -> Iterator[tuple[str, CheckResult]]:
    from codecmark.core.errors import UsageError
    from codecmark.harness.vectors import compare

    plugins = {plugin.name: plugin for plugin, _ in chosen}
    if len(plugins) > 1:
        raise UsageError(f"--vectors: a folder is of one codec, but {', '.join(plugins)} are named")
    for name, plugin in plugins.items():
        yield from ((name, result) for result in compare(plugin, folder, resources))


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
