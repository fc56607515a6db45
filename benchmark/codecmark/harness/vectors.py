"""Holds a codec's network, part by part, against vectors that its original implementation gave.

A folder of vectors has a checkpoint in the layout of the codec's makers, `meta.json`, and arrays by clip:
`input_CLIP`, `latent_CLIP`, `codes_CLIP[_nqN]` (with only the first N codebooks), `decoded_CLIP[_nqN][_DECODER]` and
side information, `scale_CLIP` say. `CLIP_padded` is CLIP with silence up to a whole number of frames.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codecmark.core.audio import Audio
from codecmark.core.contracts import Parts
from codecmark.core.encoded import Codes
from codecmark.core.errors import UsageError
from codecmark.core.plugins import CodecPlugin
from codecmark.core.resources import Resources
from codecmark.harness.checks import CheckResult
from codecmark.harness.rules import CUDA_CODE_TOLERANCE

Array = NDArray[Any]

LATENT_TOLERANCE = 1e-4
SPECTRAL_LATENT_TOLERANCE = 1e-3
"""For networks that are given spectra: the phase of a bin with hardly any energy hangs on the rounding of the FFT."""
DECODED_TOLERANCE = 1e-3
"""Of the RMS of what the original decoded."""
PADDED = "_padded"
OWN_NAMES = {"input", "latent", "codes", "decoded"}


def compare(plugin: CodecPlugin, folder: Path, resources: Resources) -> Iterator[CheckResult]:
    """Opens the network in `folder` with the codec's own loading code and holds it against each array there.

    Raises `UsageError` for a folder that holds no vectors, or a codec that cannot open one.
    """
    if plugin.parts is None:
        raise UsageError(f"{plugin.name} cannot be held against vectors: it is not a neural codec run here in parts")
    vectors = Folder(folder)
    vectors.check()
    yield from Comparison(vectors, plugin.parts(folder, resources), resources.device).results()


@dataclass(frozen=True)
class Folder:
    """The arrays of a folder of vectors."""

    path: Path

    def check(self) -> None:
        """Raises `UsageError` where this is no folder of vectors."""
        if self.meta and not self.clips:
            raise UsageError(f"--vectors {self.path}: no codes_CLIP.npy there")

    @cached_property
    def meta(self) -> Mapping[str, Any]:
        file = self.path / "meta.json"
        if not file.is_file():
            raise UsageError(f"--vectors {self.path}: no meta.json there, so it holds no vectors of a codec")
        try:
            meta: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return {**meta, "rate": int(meta["sample_rate"]), "hop": int(meta["hop"])}
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{file}: needs a number for sample_rate and hop ({error})") from error

    @cached_property
    def clips(self) -> list[str]:
        """Names of the clips that have codes."""
        names = (name.removeprefix("codes_") for name in self._names if name.startswith("codes_"))
        return sorted({name.partition("_nq")[0] for name in names})

    @cached_property
    def _names(self) -> list[str]:
        return sorted(file.stem for file in self.path.glob("*.npy"))

    def has(self, name: str) -> bool:
        return name in self._names

    def array(self, name: str) -> Array:
        """Raises `UsageError` for an array that is not there, or is none."""
        file = self.path / f"{name}.npy"
        try:
            return np.asarray(np.load(file, allow_pickle=False))
        except (OSError, ValueError) as error:
            raise UsageError(f"{file}: cannot be read as an array: {error}") from error

    def samples(self, clip: str) -> Array:
        """The input of a clip (samples,)."""
        samples = self.array(f"input_{clip.removesuffix(PADDED)}")
        missing = -len(samples) % self.meta["hop"] if clip.endswith(PADDED) else 0
        return np.pad(samples, (0, missing))

    def side(self, clip: str) -> dict[str, Array]:
        """Side information of a clip, by name."""
        named = (re.fullmatch(rf"([a-z]+)_{clip}", name) for name in self._names)
        return {found[1]: self.array(found[0]) for found in named if found and found[1] not in OWN_NAMES}

    def variants(self, kind: str, clip: str) -> list[tuple[str, str]]:
        """The arrays `kind_CLIP...`: with how many codebooks (`_nqN`, '' for all), and what else their name says."""
        others = [f"{kind}_{other}" for other in self.clips if other.startswith(f"{clip}_")]
        named = (
            re.fullmatch(rf"{kind}_{clip}(_nq\d+)?(?:_(\w+))?", name)
            for name in self._names
            if not name.startswith(tuple(others))
        )
        return [(found[1] or "", found[2] or "") for found in named if found]


@dataclass(frozen=True)
class Comparison:
    """A folder and the parts of the network in it."""

    folder: Folder
    parts: Parts
    device: str

    def results(self) -> Iterator[CheckResult]:
        """One for each array, and two for the adapter: each clip alone, and all of them in a batch."""
        for clip in self.folder.clips:
            if self.folder.has(f"latent_{clip}"):
                yield self._latent(clip)
            for few, _ in self.folder.variants("codes", clip):
                yield self._codes(clip, few)
            for few, decoder in self.folder.variants("decoded", clip):
                yield self._decoded(clip, few, decoder)
        yield self._adapter("adapter", lambda act, batch: [answer for one in batch for answer in act([one])])
        yield self._adapter("adapter in a batch", lambda act, batch: list(act(batch)))

    def _latent(self, clip: str) -> CheckResult:
        spectral = bool(self.folder.meta.get("domain"))
        allowed = SPECTRAL_LATENT_TOLERANCE if spectral else LATENT_TOLERANCE
        expected, found = self.folder.array(f"latent_{clip}"), self.parts.latent(self.folder.samples(clip))
        off = _largest(expected, found)
        return _result(f"latent_{clip}", off <= allowed, f"differs by up to {off:.2g}, allowed is {allowed:g}")

    def _codes(self, clip: str, few: str) -> CheckResult:
        expected = self.folder.array(f"codes_{clip}{few}")
        share = _share_equal(expected, self.parts.codes(self.folder.samples(clip), len(expected)))
        return _result(f"codes_{clip}{few}", share >= self._share_wanted, f"{share:.2%} equal")

    def _decoded(self, clip: str, few: str, decoder: str) -> CheckResult:
        name = f"decoded_{clip}{few}{decoder and '_' + decoder}"
        if decoder not in self.parts.decoders:
            return _result(name, False, f"the adapter knows no decoder '{decoder}'")
        codes, expected = self.folder.array(f"codes_{clip}{few}"), self.folder.array(name)
        found = self.parts.decoded(codes, self.folder.side(clip), decoder)
        off = _largest(expected, found) / float(np.sqrt(np.mean(np.square(expected, dtype=np.float64))))
        return _result(
            name, off <= DECODED_TOLERANCE, f"differs by up to {off:.2g} of its RMS, allowed is {DECODED_TOLERANCE:g}"
        )

    def _adapter(self, name: str, each: Callable[[Any, Sequence[Any]], list[Any]]) -> CheckResult:
        """What is scored comes from these codes and these samples: nothing lost, added or moved on the way."""
        clips = [clip for clip in self.folder.clips if not clip.endswith(PADDED)]
        stored = {clip: self._as_filled(clip) for clip in clips}
        expected = {clip: self.folder.array(f"codes_{stored[clip]}") for clip in clips}
        codec = self.parts.codec(len(expected[clips[0]]))
        given = [Audio(self.folder.samples(clip), self.folder.meta["rate"]) for clip in clips]
        encoded = each(codec.encode, given)
        share = min(_share_equal(expected[clip], _tokens(one)) for clip, one in zip(clips, encoded, strict=True))
        sent = [
            Codes(list(expected[clip]), one.codebook_sizes, one.num_samples, one.side, one.side_bits)
            for clip, one in zip(clips, encoded, strict=True)
        ]
        decoded = each(codec.decode, sent)
        off = max(self._off(stored[clip], audio) for clip, audio in zip(clips, decoded, strict=True))
        kept = share >= self._share_wanted and off <= DECODED_TOLERANCE
        return _result(name, kept, f"{share:.2%} of codes equal, audio differs by up to {off:.2g} of its RMS")

    def _as_filled(self, clip: str) -> str:
        """The name under which the folder has what the original makes of a clip as the adapter gives it."""
        filled = f"{clip}{PADDED}"
        return filled if self.parts.whole_frames and filled in self.folder.clips else clip

    def _off(self, clip: str, audio: Audio) -> float:
        raw = self.parts.decoded(self.folder.array(f"codes_{clip}"), self.folder.side(clip), "")
        late = self.parts.delay(audio.num_samples)
        moved = np.pad(raw[max(late, 0) :], (max(-late, 0), audio.num_samples))[: audio.num_samples]
        return _largest(moved, audio.samples[0]) / float(np.sqrt(np.mean(np.square(raw, dtype=np.float64))))

    @property
    def _share_wanted(self) -> float:
        return 1.0 - (CUDA_CODE_TOLERANCE if self.device.startswith("cuda") else 0.0)


def _tokens(codes: Codes) -> Array:
    return np.stack(codes.streams)


def _largest(expected: Array, found: Array) -> float:
    """The largest difference; infinite where the shapes differ."""
    return float(np.abs(expected - found).max()) if expected.shape == found.shape else float("inf")


def _share_equal(expected: Array, found: Array) -> float:
    """0 where the shapes differ."""
    return float(np.mean(expected == found)) if expected.shape == found.shape else 0.0


def _result(name: str, kept: bool, detail: str) -> CheckResult:
    return CheckResult(name, "pass" if kept else "fail", detail)
