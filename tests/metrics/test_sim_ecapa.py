"""Speaker similarity by ECAPA-TDNN: speechbrain's real loader on a small random network, laid out as the hub's is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from codecmark import score
from codecmark.core.audio import Audio
from codecmark.core.errors import WeightsMissing
from codecmark.core.items import Clip, Output, Request
from codecmark.core.resources import Resources
from codecmark.core.scores import Failure, Score
from codecmark.metrics import sim_ecapa
from codecmark.metrics.sim_ecapa import PLUGIN
from codecmark.nn.torchaudio_shim import prepare_torchaudio

HYPERPARAMS = """
pretrained_path: speechbrain/spkrec-ecapa-voxceleb  # as published: its files would be looked for on the hub
n_mels: 80
compute_features: !new:speechbrain.lobes.features.Fbank
    n_mels: !ref <n_mels>
mean_var_norm: !new:speechbrain.processing.features.InputNormalization
    norm_type: sentence
    std_norm: False
embedding_model: !new:speechbrain.lobes.models.ECAPA_TDNN.ECAPA_TDNN
    input_size: !ref <n_mels>
    channels: [16, 16, 16, 16, 48]
    kernel_sizes: [5, 3, 3, 3, 1]
    dilations: [1, 2, 3, 4, 1]
    attention_channels: 8
    lin_neurons: 24
classifier: !new:speechbrain.lobes.models.ECAPA_TDNN.Classifier
    input_size: 24
    out_neurons: 5
modules:
    compute_features: !ref <compute_features>
    mean_var_norm: !ref <mean_var_norm>
    embedding_model: !ref <embedding_model>
    classifier: !ref <classifier>
pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    loadables:
        embedding_model: !ref <embedding_model>
        classifier: !ref <classifier>
    paths:
        embedding_model: !ref <pretrained_path>/embedding_model.ckpt
        classifier: !ref <pretrained_path>/classifier.ckpt
"""


def network() -> tuple[Any, Any]:
    """The small network of the YAML, built by hand."""
    prepare_torchaudio()
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN, Classifier

    torch.manual_seed(3)
    sizes = {"channels": [16, 16, 16, 16, 48], "kernel_sizes": [5, 3, 3, 3, 1], "dilations": [1, 2, 3, 4, 1]}
    return ECAPA_TDNN(80, lin_neurons=24, attention_channels=8, **sizes), Classifier(24, out_neurons=5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("ecapa")
    (place / "hyperparams.yaml").write_text(HYPERPARAMS)
    for name, module in zip(("embedding_model", "classifier"), network(), strict=True):
        torch.save(module.state_dict(), place / f"{name}.ckpt")
    return place


@pytest.fixture(scope="module")
def worker(folder: Path) -> Any:
    return PLUGIN.open(("sim_ecapa",), Resources(evaluators={"ecapa": str(folder)}))


def clip_of(audio: Audio) -> Clip:
    return Clip(id="a", load=lambda: audio, seconds=audio.seconds, sha256="0")


def noisy(audio: Audio, seed: int = 9) -> Audio:
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(audio.samples.shape, generator=generator).numpy()
    return Audio(audio.samples + 0.1 * noise, audio.sample_rate)


def test_cosine_of_what_the_network_says(worker: Any, voice: Any) -> None:
    """Against the network built by hand, one clip at a time, at a rate that must be resampled."""
    from speechbrain.lobes.features import Fbank

    ecapa = network()[0].eval()

    def embedding(audio: Audio) -> torch.Tensor:
        features = Fbank(n_mels=80)(torch.from_numpy(audio.resample(16000).samples.copy()))
        with torch.no_grad():
            return ecapa(features - features.mean(dim=1, keepdim=True))[0, 0]

    voices = [voice(seconds, rate=24000, seed=seed) for seed, seconds in enumerate((2.0, 1.0, 2.0, 0.5))]
    batch = [(worker.prepare(clip_of(one)), Output(id="a", audio=noisy(one))) for one in voices]
    together = [answer["sim_ecapa"].value for answer in worker.score(batch)]
    alone = [float(torch.cosine_similarity(embedding(one), embedding(noisy(one)), dim=0)) for one in voices]
    assert together == pytest.approx(alone, abs=2e-5)
    assert len({round(value, 3) for value in together}) == 4
    assert max(together) < 0.999


def test_a_reference_is_embedded_once_for_all_settings(
    worker: Any, voice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = voice(1.0)
    half = worker.prepare(clip_of(spoken))
    seen: list[int] = []
    real = worker._embedder.embed
    monkeypatch.setattr(worker._embedder, "embed", lambda clips: seen.append(len(clips)) or real(clips))
    first = worker.score([(half, Output(id="a", audio=spoken))])[0]["sim_ecapa"]
    second = worker.score([(half, Output(id="a", audio=noisy(spoken)))])[0]["sim_ecapa"]
    assert seen == [1, 1, 1]
    assert (first.value, second.value < first.value) == (pytest.approx(1, abs=1e-6), True)


def test_silence_and_scraps_are_typed_and_cost_no_one_else(worker: Any, voice: Any, silence: Audio) -> None:
    spoken = voice(1.0)
    scrap = voice(0.09)
    half = worker.prepare(clip_of(spoken))
    speech = Output(id="a", audio=spoken)
    rows = [
        (half, speech),
        (half, Output(id="a", audio=silence)),
        (half, Output(id="a", audio=scrap)),
        (half, Output(id="a")),
        (worker.prepare(clip_of(silence)), speech),
        (worker.prepare(Request(id="r", act="tts", text="good morning")), speech),
    ]
    answers = [answer["sim_ecapa"] for answer in worker.score(rows)]
    assert isinstance(answers[0], Score)
    kinds = [answer.kind for answer in answers[1:] if isinstance(answer, Failure)]
    assert kinds == ["silent", "too_short", "no_audio", "silent", "no_reference"]
    assert answers[2].message == "the decoded signal has 0.090 s, ECAPA needs 0.1 s"


def test_where_the_network_is_found(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsMissing, match=r"weights 'ecapa' are missing: run 'codecmark download ecapa'"):
        sim_ecapa.evaluator(Resources(offline=True))
    with pytest.raises(WeightsMissing, match=r"no hyperparams\.yaml in 'nowhere'"):
        sim_ecapa.evaluator(Resources(evaluators={"ecapa": "nowhere"}))
    named = sim_ecapa.evaluator(Resources(evaluators={"ecapa": str(folder)}))
    files = ("hyperparams.yaml", "embedding_model.ckpt", "classifier.ckpt")
    monkeypatch.setattr(sim_ecapa, "PUBLISHED", dict.fromkeys(files))
    shutil.copytree(folder, tmp_path / "ecapa")
    assert sim_ecapa.evaluator(Resources(weights_root=tmp_path)) == named, "the files, not the place"
    (tmp_path / "ecapa" / "hyperparams.yaml").write_text(HYPERPARAMS.replace("n_mels: 80", "n_mels: 40"))
    assert sim_ecapa.evaluator(Resources(weights_root=tmp_path)) != named


def test_the_hub_is_asked_for_a_pinned_revision() -> None:
    weights = sim_ecapa.weights(Resources())
    assert weights is not None
    assert {(file.repo, len(str(file.revision))) for file in weights.files} == {(sim_ecapa.DEFAULT, 40)}
    assert all(len(str(file.sha256)) == 64 for file in weights.files)


def test_a_run_end_to_end(bench: Any, cli: Any, rows: Any, voice: Any, folder: Path, tmp_path: Path) -> None:
    bench.add(one=voice(1.0), two=voice(1.0, seed=2), three=voice(0.05))
    task = bench.task(metrics=["sim_ecapa"], models=["identity", "mulaw/8khz"])
    words = ["run", task, "--offline", "--workers", 1, "--out", tmp_path / "run"]
    assert cli(*words).code == 0
    assert {row["status"] for row in rows(tmp_path / "run").values()} == {"unavailable"}
    assert cli(*words, "--evaluator", f"ecapa={folder}").code == 1, "a clip failed"
    found = rows(tmp_path / "run")
    assert found["identity/pcm", "one.wav", "sim_ecapa"]["value"] == pytest.approx(1, abs=1e-6)
    assert found["mulaw/8khz", "two.wav", "sim_ecapa"]["value"] < 0.9999
    assert found["mulaw/8khz", "three.wav", "sim_ecapa"]["status"] == "failed"
    card = json.loads((tmp_path / "run" / "run.json").read_text())
    assert card["tasks"]["bench"]["evaluators"] == {"ecapa": str(folder)}


def test_pairs_end_to_end(cli: Any, voice: Any, folder: Path, worker: Any, tmp_path: Path) -> None:
    """`codecmark score` with a folder of weights, and in Python."""
    voice(2.0).write(tmp_path / "r.wav", "FLOAT")
    noisy(voice(2.0)).write(tmp_path / "d.wav", "FLOAT")
    (tmp_path / "pairs.csv").write_text("reference,decoded\nr.wav,d.wav\n")
    words = ("--metrics", "sim_ecapa", "--evaluator", f"ecapa={folder}", "--device", "cpu", "--offline", "--json")
    ended = cli("score", "--pairs", tmp_path / "pairs.csv", *words)
    assert (ended.code, ended.err) == (0, "")
    reference, decoded = (Audio.read(tmp_path / f"{name}.wav") for name in "rd")
    expected = worker.score([(worker.prepare(clip_of(reference)), Output(id="a", audio=decoded))])[0]["sim_ecapa"]
    assert json.loads(ended.out)[0]["value"] == pytest.approx(expected.value)
    resources = Resources(evaluators={"ecapa": str(folder)})
    assert score(reference, decoded, "sim_ecapa", resources=resources) == {"sim_ecapa": expected}
