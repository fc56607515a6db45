"""Runs Lyra V2: encoder, residual quantizer and generator, each a TensorFlow Lite model that takes 20 ms at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from codecmark.core.audio import Audio
from codecmark.core.encoded import Codes, Encoded
from codecmark.core.settings import Setting

SAMPLE_RATE = 16000
FRAME = 320
"""Samples a model takes or gives at a time: 20 ms."""
QUANTIZERS = 46
"""Quantizers of the full model, 9.2 kbps; the tables of the lower rates are the first of these."""
UNUSED = -1
"""What the quantizer model takes, and gives, in place of an index that is not sent."""


class Lyra:
    """Lyra V2 with as many of its 46 codebooks as the setting has streams, from the three models in `folder`.

    Source: Zeghidour et al., SoundStream, 2021; the calls are those of google/lyra (residual_vector_quantizer.cc,
    soundstream_encoder.cc, lyra_gan_model.cc).
    """

    def __init__(self, folder: Path, setting: Setting) -> None:
        self._encoder, self._quantizer, self._generator = (
            (folder / f"{name}.tflite").read_bytes() for name in ("soundstream_encoder", "quantizer", "lyragan")
        )
        self._codebook_sizes = tuple(stream.codebook_size for stream in setting.streams)

    def encode(self, batch: Sequence[Audio]) -> Sequence[Encoded]:
        """Codes of ceil(num_samples / 320) frames, the last filled up with silence."""
        return [self._encode(audio) for audio in batch]

    def decode(self, batch: Sequence[Encoded]) -> Sequence[Audio]:
        """Audio of each one's `num_samples`, clipped at full scale."""
        return [self._decode(codes) for codes in batch]

    def _encode(self, audio: Audio) -> Codes:
        encode, quantize = _runner(self._encoder), _runner(self._quantizer, "encode")
        quantizers = len(self._codebook_sizes)
        whole = audio.fit(-(-audio.num_samples // FRAME) * FRAME)
        frames = []
        for samples in whole.samples.reshape(-1, 1, FRAME):
            features = encode(input_audio=samples)["output_0"]
            indices = quantize(input_frames=features, num_quantizers=np.int32(quantizers))["output_0"]
            frames.append(indices.reshape(QUANTIZERS)[:quantizers])
        return Codes(list(np.stack(frames, axis=1)), self._codebook_sizes, audio.num_samples)

    def _decode(self, codes: Encoded) -> Audio:
        if not isinstance(codes, Codes):
            raise TypeError(f"Lyra decodes Codes, not {type(codes).__name__}")
        dequantize, generate = _runner(self._quantizer, "decode"), _runner(self._generator)
        table = np.full((QUANTIZERS, len(codes.streams[0])), UNUSED, dtype=np.int32)
        table[: len(codes.streams)] = codes.streams
        frames: list[NDArray[np.float32]] = []
        for indices in table.T.reshape(-1, QUANTIZERS, 1, 1):
            features = dequantize(encoding_indices=indices)["output_0"]
            frames.append(generate(input_audio=features)["output_0"].reshape(FRAME))
        return Audio(np.clip(np.concatenate(frames), -1.0, 1.0), SAMPLE_RATE).fit(codes.num_samples)


def _runner(model: bytes, signature: str | None = None) -> Any:
    """A new interpreter for each clip, 2 ms: neither `reset_all_variables` nor `allocate_tensors` clears the state
    of these models, and the end of one clip would be heard in the next.

    One thread, and always the same kernels: others round the 8-bit arithmetic differently.
    """
    interpreter = Interpreter(model_content=model, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN)
    return interpreter.get_signature_runner(signature)
