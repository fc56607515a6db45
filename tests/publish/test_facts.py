"""What papers and pages report: as it was collected, second-hand where it is, from sources that are described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from codecmark.core import content
from codecmark.core.errors import ContentError
from codecmark.publish import facts

SCRAMBLED = {"WER", "EER", "minDCF", "ACC", "mAP"}
NOT_NAMED = ("codec-consistency paper", "baseline row quoted by a later")
"""Entries of the collection whose paper is not known; they are not used."""
METRICS = {
    "wer": "WER %",
    "cer": "CER %",
    "visqol": "ViSQOL",
    "mushra": "MUSHRA",
    "mel_distance": "mel distance",
    "stft_distance": "STFT distance",
    "si_sdr": "SI-SDR dB",
    "si_snr": "SI-SNR dB",
    "rtf_x_realtime_encode": "encoding speed (times real time)",
    "rtf_x_realtime_decode": "decoding speed (times real time)",
    "latency_ms": "latency ms",
    "pesq": "PESQ",
    "stoi": "STOI",
    "mstft": "MSTFT",
    "mcd": "MCD",
    "decode_latency_gpu_ms": "decoding latency on a GPU ms",
    "decode_latency_cpu_4threads_ms": "decoding latency on 4 CPU threads ms",
    "spk_sim_wavlm_tdnn": "SIM (WavLM-TDNN)",
    "spk_sim_resemblyzer": "SIM (Resemblyzer) x 100",
    "smos": "SMOS",
    "mos": "MOS",
    "cmos_vs_yourtts": "CMOS against YourTTS",
    "speaker_classification_acc": "speaker classification %",
    "swuggy_in_vocab": "sWUGGY in vocabulary %",
    "sblimp": "sBLIMP %",
    "preference_pct": "preferred %",
    "asv_score": "ASV score",
    "asv_score_src": "ASV score against the source",
    "naturalness": "naturalness",
    "asr_bleu": "ASR-BLEU",
    "covost2_bleu": "CoVoST2 BLEU",
    "voxpopuli_wer": "VoxPopuli WER %",
    "voice_sim_cosine": "voice similarity (cosine)",
    "fad_trill": "FAD (Trill)",
    "fad_vgg": "FAD (VGG)",
    "kld": "KLD",
    "mcc": "MCC",
    "wins": "wins",
    "fad": "FAD",
    "kl": "KL",
    "fd": "FD",
    "clap": "CLAP",
    "ovl": "overall quality",
    "rel": "relevance",
    "sim": "SIM",
    "dnsmos": "DNSMOS",
}


def test_the_scrambled_columns_of_codec_superb_are_not_used() -> None:
    about = facts.codecs()
    assert set(about.matrix.columns) == {"pesq", "stoi", "mel", "f0corr"}
    assert [key for key, source in about.sources.items() if "Codec-SUPERB" in source.cite] == [about.matrix.source]
    assert "2026" in about.sources[about.matrix.source].cite
    assert not [result for result in about.results if result.source == about.matrix.source]
    assert not SCRAMBLED & set(about.matrix.columns.values())


def test_results_are_as_reported_and_second_hand_where_they_are(printed: Mapping[str, Any]) -> None:
    reported: list[tuple[dict[str, float], str, bool]] = []
    hand = False
    for entry in printed["reported_results"]:
        if entry["source"] not in ("same", "same image"):
            hand = not any(word in entry["source"] for word in ("README", "image ", " @"))
        if not entry["cite"].startswith(NOT_NAMED):
            values = {METRICS[name]: value for name, value in entry["metrics"].items() if name != "kbps"}
            reported.append((values, entry["model"], hand))
    about = (facts.codecs(), facts.models())
    found = [
        (result.values, result.model, table.sources[result.source].second_hand)
        for table in about
        for result in table.results
    ]
    assert sorted((sorted(values.items()), hand) for values, _, hand in found) == sorted(
        (sorted(values.items()), hand) for values, _, hand in reported
    )
    names = {model.replace("(FunCodec re-implementation)", "(re-implemented in FunCodec)") for _, model, _ in reported}
    assert {model for _, model, _ in found} == names


def test_papers_are_the_ones_that_were_cited(printed: Mapping[str, Any]) -> None:
    cited = {
        (tuple(sorted(entry["metrics"].values())), word)
        for entry in printed["reported_results"]
        for word in entry["cite"].replace("(", " ").replace(")", " ").split()
        if word[:4].isdigit() and "." in word
    }
    ours = {
        (tuple(sorted(result.values.values())), table.sources[result.source].cite)
        for table in (facts.codecs(), facts.models())
        for result in table.results
    }
    for values, number in cited:
        assert any(number in cite and set(found) <= set(values) for found, cite in ours), (values, number)


def test_a_value_whose_source_is_not_described_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = content.load("reports", "tab01-codecs")
    broken = {**good, "results": [{**good["results"][0], "source": "hearsay"}]}
    monkeypatch.setattr(content, "load", lambda room, name: broken)
    with pytest.raises(ContentError, match=r"tab01-codecs.yaml: .*hearsay"):
        facts.codecs()
