"""Speaker embeddings by ECAPA-TDNN (Desplanques et al., Interspeech 2020), through speechbrain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from codecmark.core.audio import Audio
from codecmark.nn.torchaudio_shim import prepare_torchaudio

SAMPLE_RATE = 16000
BATCH = 32


class Embedder:
    """The network of a folder with speechbrain's `hyperparams.yaml` and `embedding_model.ckpt`, on one device.

    The YAML names classes to build, so a folder is code: only one that is trusted may be opened.
    """

    def __init__(self, folder: Path, device: str) -> None:
        prepare_torchaudio()
        from speechbrain.inference.classifiers import EncoderClassifier

        here = str(folder.resolve())
        self._network: Any = EncoderClassifier.from_hparams(
            source=here,
            # The published YAML says that its neighbours are on the hub, and they would be fetched from there.
            overrides={"pretrained_path": here},
            overrides_must_match=False,
            run_opts={"device": device},
        )

    def embed(self, clips: Sequence[Audio]) -> NDArray[np.float32]:
        """Embeddings of unit length, (clips, dimensions), of mono audio at any rate.

        Clips of one length make a batch and no other ones do: padding would move the embedding, by up to 1.5e-5 in
        cosine.
        """
        signals = [clip.resample(SAMPLE_RATE).samples[0] for clip in clips]
        by_length: dict[int, list[int]] = defaultdict(list)
        for index, signal in enumerate(signals):
            by_length[len(signal)].append(index)
        found: dict[int, NDArray[np.float32]] = {}
        for indices in by_length.values():
            for start in range(0, len(indices), BATCH):
                batch = indices[start : start + BATCH]
                found |= zip(batch, self._embed([signals[index] for index in batch]), strict=True)
        return np.stack([found[index] for index in range(len(signals))])

    def _embed(self, signals: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        with torch.no_grad():
            raw = self._network.encode_batch(torch.from_numpy(np.stack(signals)))[:, 0]
            unit: NDArray[np.float32] = torch.nn.functional.normalize(raw.float(), dim=-1).cpu().numpy()
        return unit
