"""WER through Whisper: its real loader and decoder on a tiny random checkpoint, its counting on real sentences."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jiwer
import pytest
import torch
import whisper
from whisper.model import ModelDimensions, Whisper

from codecmark.core.audio import Audio
from codecmark.core.errors import WeightsError, WeightsMissing
from codecmark.core.items import Clip, Output, Request
from codecmark.core.resources import Resources
from codecmark.core.scores import Failure, NotApplicable, Score
from codecmark.metrics import wer
from codecmark.metrics.wer import PLUGIN
from codecmark.nn.whisper import Transcriber

NAMES = tuple(spec.name for spec in PLUGIN.scores)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of openai-whisper's own format, two small layers, that says up to twelve random tokens."""
    return checkpoint(tmp_path_factory.mktemp("whisper") / "tiny.pt", n_vocab=51865)


def checkpoint(path: Path, n_vocab: int, n_mels: int = 80) -> Path:
    torch.manual_seed(1)
    dims = ModelDimensions(
        n_mels=n_mels,
        n_audio_ctx=1500,
        n_audio_state=32,
        n_audio_head=2,
        n_audio_layer=1,
        n_vocab=n_vocab,
        n_text_ctx=24,
        n_text_state=32,
        n_text_head=2,
        n_text_layer=1,
    )
    model = Whisper(dims)
    with torch.no_grad():
        model.decoder.positional_embedding.normal_(std=2.0)  # as built it is whatever lay in memory
        model.decoder.token_embedding.weight.normal_()
        for block in model.decoder.blocks:
            block.cross_attn.query.weight.mul_(20)  # so that what is heard decides what is said
            block.cross_attn.out.weight.mul_(30)
        model.encoder.conv1.weight.mul_(20)
    torch.save({"dims": dims.__dict__, "model_state_dict": model.state_dict()}, path)
    return path


@pytest.fixture(scope="module")
def worker(tiny: Path) -> Any:
    return PLUGIN.open(NAMES, Resources(evaluators={"whisper": str(tiny)}))


def clip_of(audio: Audio, text: str | None = "good morning", **fields: Any) -> Clip:
    return Clip(id="a", load=lambda: audio, seconds=audio.seconds, sha256="0", text=text, **fields)


@pytest.fixture(scope="module")
def voices(voice: Any) -> list[Audio]:
    """Clips of several lengths and rates, the last longer than Whisper's window."""
    kinds = [(1.0, 16000), (4.0, 24000), (2.5, 16000), (0.4, 8000), (3.0, 16000), (64.0, 16000)]
    return [voice(seconds, rate=rate, seed=seed) for seed, (seconds, rate) in enumerate(kinds)]


def test_a_batch_says_what_each_clip_says_alone(tiny: Path, voices: Sequence[Audio]) -> None:
    """And that is what whisper.decode says of one window, called directly."""
    transcriber = Transcriber(tiny, "cpu")
    spoken = [(audio, language) for audio, language in zip(voices, ("en", "en", "zh", "en", "de", "en"), strict=True)]
    together = transcriber.transcribe(spoken)
    assert together == [transcriber.transcribe([one])[0] for one in spoken]
    assert len(set(together)) > 3, "a checkpoint that always says the same would prove nothing"

    model = whisper.load_model(str(tiny), device="cpu")
    options = {"without_timestamps": True, "temperature": 0.0, "fp16": False}
    for (audio, language), text in zip(spoken[:5], together, strict=False):
        window = whisper.pad_or_trim(audio.resample(16000).samples[0])
        spectrogram = whisper.log_mel_spectrogram(torch.from_numpy(window), model.dims.n_mels)
        assert whisper.decode(model, spectrogram, whisper.DecodingOptions(language=language, **options)).text == text


def test_a_long_clip_is_cut_where_it_is_quiet(tiny: Path, voice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    transcriber = Transcriber(tiny, "cpu")
    pieces: list[int] = []
    monkeypatch.setattr(transcriber, "_decode", lambda batch, language: [str(pieces.append(len(one))) for one in batch])
    samples = voice(64.0).samples[0].copy()
    samples[27 * 16000 : 27 * 16000 + 4800] *= 0.001
    samples[55 * 16000 : 55 * 16000 + 4800] *= 0.001
    transcriber.transcribe([(Audio(samples, 16000), "en")])
    assert sum(pieces) == len(samples)
    ends = sorted(pieces)[::-1]
    assert ends[:2] == pytest.approx([28 * 16000, 27 * 16000 + 2400], abs=4800)


def test_large_models_get_128_mel_bands_and_their_language(tmp_path: Path, voice: Any) -> None:
    large = Transcriber(checkpoint(tmp_path / "large.pt", n_vocab=51866, n_mels=128), "cpu")
    assert large.transcribe([(voice(1.0), "yue")])[0]
    assert large.knows("yue")


def test_counts_add_up_to_the_corpus_rate(
    worker: Any, voices: Sequence[Audio], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known transcripts through the metric; the corpus rate is jiwer's over whole lists."""
    said = ["Mr. Brown paid twenty one dollars, didn't he?", "The colour of the sea.", "Good morning!"]
    heard = ["mister brown paid $21 did not he", "the color of a sea", "oh I said good evening to you"]
    monkeypatch.setattr(worker._transcriber, "transcribe", lambda clips: [heard[seen] for seen, _ in enumerate(clips)])
    batch = [
        (worker.prepare(clip_of(audio, text)), Output(id="a", audio=audio))
        for audio, text in zip(voices, said, strict=False)
    ]
    answers = worker.score(batch)
    words = [answer["wer"] for answer in answers]
    assert [score.value for score in words] == [0, 1 / 5, 6 / 2]
    assert [score.weight for score in words] == [7, 5, 2]
    assert [answer["wer_over_1"].value for answer in answers] == [0, 0, 1]
    english = whisper.normalizers.EnglishTextNormalizer()
    expected = jiwer.wer([english(text) for text in said], [english(text) for text in heard])
    assert sum(score.value * score.weight for score in words) / 14 == pytest.approx(expected)
    characters = [answer["cer"] for answer in answers]
    total = sum(score.weight for score in characters)
    expected = jiwer.cer([english(text) for text in said], [english(text) for text in heard])
    assert sum(score.value * score.weight for score in characters) / total == pytest.approx(expected)
    assert words[1].detail == {
        "substitutions": 1,
        "deletions": 0,
        "insertions": 0,
        "hits": 4,
        "words": 5,
        "hypothesis": "the color of a sea",
        "reference": "The colour of the sea.",
        "normaliser": "whisper-english",
    }
    json.dumps(words[1].detail)


def test_mandarin_is_counted_in_characters(worker: Any, voice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker._transcriber, "transcribe", lambda clips: ["今天，天气很好。"] * len(clips))
    audio = voice(1.0)
    for language in ("zh", "zh-CN", "cmn", "Mandarin"):
        half = worker.prepare(clip_of(audio, "今天 天气 真好", language=language))
        answers = worker.score([(half, Output(id="a", audio=audio))])[0]
        assert answers["wer"] == NotApplicable("no spaces between words in 'zh': see its CER")
        assert (answers["cer"].value, answers["cer"].weight) == (pytest.approx(1 / 6), 6)
        assert answers["cer"].detail["normaliser"] == "whisper-basic"


def test_the_original_is_heard_once_and_remembered(
    tiny: Path, voices: Sequence[Audio], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CODECMARK_HOME", str(tmp_path))
    asked: list[int] = []
    real = Transcriber.transcribe
    monkeypatch.setattr(Transcriber, "transcribe", lambda self, clips: asked.append(len(clips)) or real(self, clips))

    def answers(names: Sequence[str]) -> list[Any]:
        worker = PLUGIN.open(names, Resources(evaluators={"whisper": str(tiny)}))
        return list(worker.score([(worker.prepare(clip_of(one)), Output(id="a", audio=one)) for one in voices[:3]]))

    first = answers(("wer", "wer_original"))
    assert asked == [3, 3]
    assert [answer["wer"] for answer in first] == [answer["wer_original"] for answer in first], "nothing was coded"
    asked.clear()
    assert answers(("wer", "wer_original")) == first
    assert asked == [3, 0], "a new run listens to what was decoded only"
    asked.clear()
    answers(("wer",))
    assert asked == [3]


def test_what_cannot_be_scored_is_typed_and_costs_no_one_else(worker: Any, voice: Any, silence: Audio) -> None:
    spoken = voice(1.0)
    half = worker.prepare(clip_of(spoken))
    mute = worker.prepare(clip_of(silence))
    speech = Output(id="a", audio=spoken)
    request = Request(id="r", act="tts", text="good morning")
    rows = [
        (half, speech),
        (half, Output(id="a", audio=silence)),
        (half, Output(id="a")),
        (mute, speech),
        (worker.prepare(clip_of(spoken, None)), speech),
        (worker.prepare(clip_of(spoken, "[noise]")), speech),
        (worker.prepare(clip_of(spoken, "ok", language="tlh")), speech),
        (worker.prepare(request), speech),
    ]
    good, silent, absent, muted, untold, empty, foreign, asked = worker.score(rows)
    assert all(isinstance(answer, Score) for answer in good.values())
    assert {silent[name].kind for name in ("wer", "cer", "wer_over_1")} == {"silent"}
    assert silent["wer_original"] == good["wer_original"]
    assert absent["wer"] == Failure("score", "no_audio", "the output has no audio")
    assert isinstance(muted["wer_original"], Failure)
    assert muted["wer"] == good["wer"]
    assert untold == dict.fromkeys(NAMES, NotApplicable("no transcript"))
    assert empty["wer"] == NotApplicable("nothing is left of the transcript after normalising")
    assert foreign["cer"] == NotApplicable("this Whisper does not know the language 'tlh'")
    assert (asked["wer"], asked["wer_original"]) == (good["wer"], NotApplicable("there is no original"))


def test_an_english_checkpoint_is_asked_in_english_only(tmp_path: Path, voice: Any) -> None:
    english = checkpoint(tmp_path / "tiny.en.pt", n_vocab=51864)
    worker = PLUGIN.open(("cer",), Resources(evaluators={"whisper": str(english)}))
    audio = voice(1.0)
    halves = [worker.prepare(clip_of(audio, "ein Wort", language=language)) for language in ("German", None)]
    answers = worker.score([(half, Output(id="a", audio=audio)) for half in halves])
    assert answers[0] == {"cer": NotApplicable("this Whisper does not know the language 'de'")}
    assert isinstance(answers[1]["cer"], Score)


def test_where_checkpoints_are_found(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tiny.read_bytes()
    monkeypatch.setitem(wer.PUBLISHED, "base.en", hashlib.sha256(data).hexdigest())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    base = Resources(evaluators={"whisper": "base.en"}, weights_root=tmp_path / "root")
    with pytest.raises(WeightsMissing, match=r"codecmark download whisper-base\.en"):
        wer.evaluator(base)
    own = tmp_path / "cache" / "whisper" / "base.en.pt"
    for place in (own, tmp_path / "root" / "whisper" / "base.en.pt"):
        place.parent.mkdir(parents=True)
        place.write_bytes(data)
        assert wer.checkpoint(base) == place
    assert wer.evaluator(base) == wer.evaluator(Resources(evaluators={"whisper": str(tiny)})), "the file, not the place"
    place.write_bytes(b"half of it")
    with pytest.raises(WeightsError, match="is not the pinned one"):
        wer.evaluator(base)


def test_a_checkpoint_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"no Whisper checkpoint 'bse\.en': name a file, or one of tiny\.en"):
        wer.evaluator(Resources(evaluators={"whisper": "bse.en"}))
    for name, content in (("text.pt", b"hello"), ("empty.pt", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError, match="is no checkpoint of openai-whisper"):
            Transcriber(tmp_path / name, "cpu")
    torch.save({"weights": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(WeightsError, match="is no checkpoint of openai-whisper"):
        Transcriber(tmp_path / "other.pt", "cpu")


def test_published_checkpoints_are_those_of_the_package() -> None:
    for name, address in whisper._MODELS.items():
        weights = wer.weights(Resources(evaluators={"whisper": name}))
        assert weights is not None
        assert weights.files[0].url == address
        assert weights.files[0].sha256 == address.split("/")[-2]
    assert wer.weights(Resources()).name == "whisper-large-v3"  # type: ignore[union-attr]


def test_a_run_end_to_end(bench: Any, cli: Any, rows: Any, voice: Any, tiny: Path, tmp_path: Path) -> None:
    """By the command line: a manifest with transcripts, a tiny checkpoint by path; and one that is nowhere."""
    bench.add(one=voice(1.0), two=voice(2.0, seed=2))
    lines = [{"path": f"clips/{name}.wav", "id": name, "text": "good morning"} for name in ("one", "two")]
    manifest = bench.folder / "manifest.jsonl"
    manifest.write_text("\n".join(map(json.dumps, lines)))
    task = bench.task(
        dataset=f"manifest:{manifest}", metrics=["wer", "wer_original"], models=["identity", "mulaw/8khz"]
    )
    words = ["run", task, "--offline", "--workers", 1, "--out", tmp_path / "run"]
    assert cli(*words, "--evaluator", "whisper=tiny").code == 0
    found = rows(tmp_path / "run")
    assert {row["status"] for row in found.values()} == {"unavailable"}
    assert "codecmark download whisper-tiny" in found["identity/pcm", "one", "wer"]["reason"]

    assert cli(*words, "--evaluator", f"whisper={tiny}").code == 0
    found = rows(tmp_path / "run")
    assert {row["status"] for row in found.values()} == {"ok"}
    assert len(found) == 8
    wers = {key: row["value"] for key, row in found.items()}
    assert wers["identity/pcm", "one", "wer"] == wers["identity/pcm", "one", "wer_original"]
    assert wers["mulaw/8khz", "one", "wer_original"] == wers["identity/pcm", "one", "wer_original"]
    assert {row["weight"] for row in found.values()} == {2.0}
    assert "hypothesis" in json.loads(found["identity/pcm", "one", "wer"]["detail"])

    wrong = cli(*words, "--evaluator", "wisper=tiny")
    assert (wrong.code, wrong.err.strip()) == (2, "codecmark: unknown evaluator 'wisper': did you mean whisper?")
    assert cli(*words, "--evaluator", "tiny").code == 2


def test_what_is_published_is_fetched(
    bench: Any, cli: Any, rows: Any, voice: Any, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a run, and by `codecmark download`, from a publisher on this disk."""
    sha256 = hashlib.sha256(tiny.read_bytes()).hexdigest()
    shelf = tmp_path / "publisher" / sha256
    shelf.mkdir(parents=True)
    (shelf / "base.en.pt").write_bytes(tiny.read_bytes())
    monkeypatch.setattr(wer, "ADDRESS", (tmp_path / "publisher").as_uri())
    monkeypatch.setitem(wer.PUBLISHED, "base.en", sha256)
    for name in ("XDG_CACHE_HOME", "CODECMARK_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    kept = tmp_path / "CODECMARK_HOME" / "weights" / "whisper-base.en" / "base.en.pt"

    assert cli("download", "whisper-base.en").code == 0
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == sha256
    kept.unlink()

    bench.add(one=voice(1.0))
    (bench.folder / "list.jsonl").write_text(json.dumps({"path": "clips/one.wav", "text": "good morning"}))
    task = bench.task(
        dataset=f"manifest:{bench.folder / 'list.jsonl'}", metrics=["wer"], evaluators={"whisper": "base.en"}
    )
    assert cli("run", task, "--workers", 1, "--out", tmp_path / "run").code == 0
    assert kept.is_file()
    assert rows(tmp_path / "run")["identity/pcm", "one", "wer"]["status"] == "ok"


def test_pairs_end_to_end(cli: Any, voice: Any, tiny: Path, worker: Any, tmp_path: Path) -> None:
    """`codecmark score` with a checkpoint by path, and by a name under a weights root that lacks it."""
    for name, seed in (("r", 0), ("d", 1)):
        voice(3.0, seed=seed).write(tmp_path / f"{name}.wav", "FLOAT")
    (tmp_path / "pairs.csv").write_text("reference,decoded,text\nr.wav,d.wav,good morning\n")
    words = ("score", "--pairs", tmp_path / "pairs.csv", "--metrics", "wer,cer", "--offline", "--json")
    ended = cli(*words, "--evaluator", f"whisper={tiny}")
    assert (ended.code, ended.err) == (0, "")
    reference, decoded = (Audio.read(tmp_path / f"{name}.wav") for name in "rd")
    expected = worker.score([(worker.prepare(clip_of(reference)), Output(id="a", audio=decoded))])[0]
    found = {row["metric"]: row["value"] for row in json.loads(ended.out)}
    assert found == {name: pytest.approx(expected[name].value) for name in ("wer", "cer")}
    absent = cli(*words, "--weights-root", tmp_path, "--evaluator", "whisper=base.en")
    assert {row["status"] for row in json.loads(absent.out)} == {"unavailable"}
    (tmp_path / "whisper").mkdir()
    (tmp_path / "whisper" / "base.en.pt").write_bytes(b"another")
    refused = cli(*words, "--weights-root", tmp_path, "--evaluator", "whisper=base.en")
    assert "is not the pinned one" in json.loads(refused.out)[0]["reason"]
