"""A few synthetic clips that come with the package, so that everything runs anywhere: `starter`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codecmark.core.files import clips_of, read_manifest
from codecmark.core.items import Clip
from codecmark.core.plugins import DatasetPlugin
from codecmark.core.resources import Resources

FOLDER = Path(__file__).parent / "starter_clips"


class Starter:
    """The clips in `starter_clips/`, whose README.md says how they were made: speech first, then music and sounds."""

    def clips(self) -> Sequence[Clip]:
        return clips_of(read_manifest(FOLDER / "manifest.jsonl"))


def open_starter(argument: str, resources: Resources) -> Starter:
    return Starter()


PLUGIN = DatasetPlugin(
    name="starter",
    title="Starter (synthetic speech)",
    summary="synthetic speech: a dozen sentences by flite and eSpeak NG, and five synthesised music and sound clips; "
    "it shows that everything works, not how codecs treat real voices",
    licence="Apache-2.0 (the clips; see starter_clips/README.md)",
    open=open_starter,
    layout="it comes with the package: there is nothing to download",
    synthetic=True,
)
