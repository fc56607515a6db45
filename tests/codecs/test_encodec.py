"""EnCodec against vectors of the original's own code, in batches and one by one; its rates, names and chunks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from codecmark import Audio, Codes, Resources
from codecmark.codecs.encodec import PLUGIN
from codecmark.core.contracts import Codec
from codecmark.core.errors import WeightsMissing
from codecmark.nn import encodec as nn_encodec
from codecmark.nn.network import randomised

Array = NDArray[Any]
OWN = Path(__file__).parents[1] / "parity" / "vectors"
CODEBOOKS = {32: "", 8: "_nq8", 2: "_nq2"}
TOLERANCE = 1e-3
"""Of the RMS of the decoded vector, as its README has it."""


class Vectors:
    """The small model of the vectors behind our adapter, and what the original makes of two clips."""

    def __init__(self, folder: Path) -> None:
        assert PLUGIN.parts is not None
        self.folder = folder
        self.codebook_size: int = json.loads((folder / "meta.json").read_text())["codebook_size"]
        self.codec: Callable[[int], Codec] = PLUGIN.parts(folder, Resources()).codec

    def array(self, name: str) -> Array:
        return np.load(self.folder / f"{name}.npy")

    def audio(self, clip: str) -> Audio:
        return Audio(self.array(f"input_{clip}"), 24000)


@pytest.fixture(scope="module", params=["our own", "on real speech"])
def vectors(request: pytest.FixtureRequest) -> Vectors:
    parity = OWN if request.param == "our own" else request.getfixturevalue("shared") / "parity"
    return Vectors(parity / "encodec_24khz")


def tokens(codes: object) -> Array:
    assert isinstance(codes, Codes)
    return np.stack(codes.streams)


def stored(clip: str, suffix: str, vectors: Vectors) -> Codes:
    codes = vectors.array(f"codes_{clip}{suffix}")
    return Codes(list(codes), (vectors.codebook_size,) * len(codes), vectors.audio(clip).num_samples)


@pytest.mark.parametrize(("codebooks", "suffix"), CODEBOOKS.items())
@pytest.mark.parametrize("together", [False, True])
def test_equals_the_original(codebooks: int, suffix: str, together: bool, vectors: Vectors) -> None:
    """Clip b does not fill its last frame: beside the shorter a, or alone, its end is treated as by the original."""
    codec, clips = vectors.codec(codebooks), [vectors.audio(clip) for clip in "ab"]
    encoded = codec.encode(clips) if together else [codec.encode([clip])[0] for clip in clips]
    sent = [stored(clip, suffix, vectors) for clip in "ab"]
    decoded = codec.decode(sent) if together else [codec.decode([codes])[0] for codes in sent]
    for clip, codes, audio in zip("ab", encoded, decoded, strict=True):
        np.testing.assert_array_equal(tokens(codes), vectors.array(f"codes_{clip}{suffix}"))
        expected = vectors.array(f"decoded_{clip}{suffix}")[: vectors.audio(clip).num_samples]
        assert audio.samples.shape == (1, len(expected))
        assert np.abs(audio.samples[0] - expected).max() < TOLERANCE * np.sqrt(np.mean(expected**2))


@pytest.mark.parametrize("codebooks", [1, 3, 31])
def test_any_number_of_codebooks_sends_the_first_ones_of_the_original(codebooks: int, vectors: Vectors) -> None:
    """Also those numbers that the original has no bandwidth for."""
    (codes,) = vectors.codec(codebooks).encode([vectors.audio("b")])
    np.testing.assert_array_equal(tokens(codes), vectors.array("codes_b")[:codebooks])


def test_a_safetensors_file_gives_the_same(shared: Path, tmp_path: Path) -> None:
    folder = shared / "parity/encodec_24khz"
    shutil.copy(folder / "config.json", tmp_path)
    (tmp_path / "meta.json").write_text(json.dumps({"checkpoint": str(folder / "model.safetensors")}))
    assert PLUGIN.parts is not None
    vectors, codec = Vectors(folder), PLUGIN.parts(tmp_path, Resources()).codec(8)
    (codes,) = codec.encode([vectors.audio("a")])
    np.testing.assert_array_equal(tokens(codes), vectors.array("codes_a_nq8"))


def test_clips_of_every_length_are_alike_in_a_batch_and_alone(vectors: Vectors) -> None:
    """Also those of a few frames, and those that end anywhere in a frame."""
    codec = vectors.codec(8)
    long = vectors.audio("b")
    clips = [long.fit(length) for length in (1, 7, 319, 320, 321, 1919, 1921, 2241, 5001, 5159, 9999, 13440, 13559)]
    alone = [codec.encode([clip])[0] for clip in clips]
    together = codec.encode(clips)
    heard_alone, heard_together = [codec.decode([codes])[0] for codes in alone], codec.decode(alone)
    for index, clip in enumerate(clips):
        np.testing.assert_array_equal(tokens(together[index]), tokens(alone[index]), err_msg=str(clip.num_samples))
        assert tokens(alone[index]).shape == (8, -(-clip.num_samples // 320))
        assert heard_alone[index].num_samples == clip.num_samples
        np.testing.assert_allclose(heard_together[index].samples, heard_alone[index].samples, atol=1e-5)


@pytest.mark.parametrize(("rate", "name"), [(24000, "encodec_24khz"), (48000, "encodec_48khz")])
def test_the_full_size_network_takes_the_tensors_of_the_original(rate: int, name: str, shared: Path) -> None:
    shapes = json.loads((shared / f"parity/manifests/{name}.json").read_text())
    tensors = {key: torch.zeros(shape) + 1e-3 for key, shape in shapes.items()}
    network = nn_encodec.loaded(nn_encodec.network_of(nn_encodec.CONFIGS[rate]), Path(name), tensors)
    weights = [one for key, one in network.state_dict().items() if "codebook" not in key]
    buffers_and_g = sum(np.prod(shape) for key, shape in shapes.items() if "_codebook" in key or "weight_g" in key)
    assert sum(one.numel() for one in weights) == sum(np.prod(shape) for shape in shapes.values()) - buffers_and_g


def test_settings_are_the_rows_of_the_survey() -> None:
    rows = {setting.survey_id: setting for setting in PLUGIN.settings if setting.survey_id}
    assert {row: (setting.id, setting.kbps) for row, setting in rows.items()} == {
        "E1": ("encodec/24khz-2", 1.5),
        "E2": ("encodec/24khz-4", 3.0),
        "E3": ("encodec/24khz-8", 6.0),
        "E4": ("encodec/24khz-16", 12.0),
        "E5": ("encodec/24khz-32", 24.0),
    }
    assert [setting.id for setting in PLUGIN.settings if setting not in rows.values()] == [
        f"encodec/48khz-{codebooks}" for codebooks in (2, 4, 8, 16)
    ]


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="codecmark download encodec_24khz"):
        PLUGIN.open(PLUGIN.settings[0], Resources(weights_root=tmp_path))


@pytest.fixture(scope="module")
def small() -> Any:
    """A small network of random weights with the chunks of the 48 kHz one."""
    sizes = {"num_filters": 4, "hidden_size": 12, "codebook_dim": 12}
    config = nn_encodec.EncodecConfig(**{**nn_encodec.CONFIGS[48000].to_dict(), **sizes})
    return randomised(nn_encodec.network_of(config), seed=1)


@pytest.fixture(scope="module")
def chunked(small: Any) -> Codec:
    return nn_encodec.codec_of(small, 4, "cpu")


def chunk_frames(num_samples: int) -> list[int]:
    """Frames of each chunk: 48000 samples long, 47520 apart, the last one as long as what is left."""
    return [-(-min(48000, num_samples - start) // 320) for start in range(0, num_samples, 47520)]


@pytest.mark.parametrize("num_samples", [1, 4000, 47520, 47521, 48000, 48001, 95040, 95041, 100000])
def test_the_formula_for_the_frames_of_chunks(num_samples: int) -> None:
    setting = PLUGIN.settings[-1]
    assert PLUGIN.frames(setting, num_samples) == (sum(chunk_frames(num_samples)),) * 16


@pytest.mark.parametrize("num_samples", [1, 4000, 47520, 48000, 48001, 96000, 100000])
def test_chunks_bits_and_lengths(num_samples: int, chunked: Codec, voice: Any) -> None:
    clip = voice(seconds=2.1, rate=48000).fit(num_samples)
    (codes,) = chunked.encode([clip])
    (decoded,) = chunked.decode([codes])
    frames = chunk_frames(num_samples)
    assert isinstance(codes, Codes)
    assert tokens(codes).shape == (4, sum(frames))
    assert codes.side_bits == 32 * len(frames) == 32 * len(codes.side["scale"])
    assert codes.bits == 4 * 10 * sum(frames) + 32 * len(frames)
    assert (decoded.samples.shape, decoded.sample_rate) == ((1, num_samples), 48000)


def test_the_scale_carries_the_loudness(chunked: Codec, voice: Any) -> None:
    clip = voice(seconds=1.5, rate=48000)
    loud, quiet = chunked.encode([clip, Audio(clip.samples / 4, 48000)])
    np.testing.assert_array_equal(tokens(loud), tokens(quiet))
    one, other = chunked.decode([loud, quiet])
    np.testing.assert_allclose(one.samples, 4 * other.samples, rtol=1e-4, atol=1e-6)


@torch.inference_mode()
def test_chunks_are_those_of_transformers(small: Any, chunked: Codec, voice: Any) -> None:
    clip = voice(seconds=2.3, rate=48000)
    (codes,) = chunked.encode([clip])
    assert isinstance(codes, Codes)
    stereo = torch.tensor(clip.samples).expand(2, -1)[None]
    theirs = small.model.encode(stereo, bandwidth=6.0)
    rows = torch.cat(list(theirs.audio_codes), dim=2)[0].numpy()
    np.testing.assert_array_equal(tokens(codes), rows[:, : rows.shape[1] - theirs.last_frame_pad_length])
    np.testing.assert_array_equal(codes.side["scale"], torch.cat(theirs.audio_scales)[:, 0])


@torch.inference_mode()
def test_chunks_are_decoded_alone_and_faded_over(small: Any, chunked: Codec, voice: Any) -> None:
    (codes,) = chunked.encode([voice(seconds=1.9, rate=48000)])
    assert isinstance(codes, Codes)
    (decoded,) = chunked.decode([codes])
    ends = np.cumsum(chunk_frames(codes.num_samples))
    quantizer, decoder = small.model.quantizer, small.model.decoder
    first, second = (
        decoder(quantizer.decode(torch.from_numpy(tokens(codes)[:, None, start:end])))[0].mean(0).numpy() * scale
        for start, end, scale in zip([0, *ends], ends, codes.side["scale"], strict=False)
    )
    rise = np.arange(1, 481) / 481
    across = (1 - rise) * first[47520:] + rise * second[:480]
    expected = np.concatenate([first[:47520], across, second[480:]])[: codes.num_samples]
    np.testing.assert_allclose(decoded.samples[0], expected, atol=1e-4)


def test_lengths_in_a_batch_of_chunks(chunked: Codec, voice: Any) -> None:
    clips: Sequence[Audio] = [voice(seconds=seconds, rate=48000, seed=seed) for seed, seconds in enumerate((0.7, 1.3))]
    clips = [*clips, clips[0]]
    for codes, clip in zip(chunked.encode(clips), clips, strict=True):
        np.testing.assert_array_equal(tokens(codes), tokens(chunked.encode([clip])[0]))


def test_random_weights_use_their_codebooks(voice: Any) -> None:
    """Many tokens in every codebook, an output neither dead nor endless, and all of it the same from one seed."""
    config = nn_encodec.EncodecConfig(num_filters=4, hidden_size=16)
    clip = voice(seconds=2.0, rate=24000)
    codecs = [nn_encodec.codec_of(randomised(nn_encodec.network_of(config), seed), 8, "cpu") for seed in (0, 0, 1)]
    sent = [codec.encode([clip])[0] for codec in codecs]
    np.testing.assert_array_equal(tokens(sent[0]), tokens(sent[1]))
    assert (tokens(sent[0]) != tokens(sent[2])).mean() > 0.5
    assert min(len(set(stream)) for stream in tokens(sent[0])) > 20
    assert 0.01 < codecs[0].decode([sent[0]])[0].peak < 1000
