"""SpeechTokenizer, beside what tests/parity hold it against: its full size, its row, checkpoints of other models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from codecmark import Resources
from codecmark.codecs.speechtokenizer import PLUGIN
from codecmark.core.errors import WeightsError, WeightsMissing
from codecmark.nn import checkpoints
from codecmark.nn.speechtokenizer import CONFIG, UNUSED, SpeechTokenizer, open_parts

SMALL = Path(__file__).parents[1] / "parity" / "vectors" / "speechtokenizer_elu"


@pytest.mark.parametrize(("name", "activation"), [("elu", "ELU"), ("snake", "Snake")])
def test_the_full_size_network_has_the_tensors_of_the_original(name: str, activation: str, shared: Path) -> None:
    """Names and shapes, both ways, on a device that holds no numbers."""
    manifest = json.loads((shared / f"parity/manifests/speechtokenizer_{name}.json").read_text())
    with torch.device("meta"):
        network = SpeechTokenizer({**CONFIG, "activation": activation})
        theirs = checkpoints.fold_weight_norm({key: torch.empty(shape) for key, shape in manifest.items()})
    used = {key: tensor.shape for key, tensor in theirs.items() if not UNUSED.fullmatch(key)}
    assert {network.original_name(key): tensor.shape for key, tensor in network.state_dict().items()} == used
    assert {key.rpartition(".")[2] for key in theirs.keys() - used.keys() if "transform" not in key} == {
        "inited",
        "cluster_size",
        "embed_avg",
    }


def test_settings_are_the_row_of_the_survey() -> None:
    found = {one.id: (one.survey_id, one.sample_rate, one.n_codebooks, one.kbps) for one in PLUGIN.settings}
    assert found == {
        "speechtokenizer/hubert-avg": ("A", 16000, 8, 4.0),
        "speechtokenizer/snake": (None, 16000, 8, 4.0),
    }


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A copy of the small model of the project's own vectors."""
    return Path(shutil.copytree(SMALL, tmp_path / "small"))


def change(folder: Path, **changes: Any) -> None:
    """Tensors under the names of their makers; None takes one away."""
    path = folder / "SpeechTokenizer.pt"
    tensors = {**torch.load(path, weights_only=True), **changes}
    torch.save({name: tensor for name, tensor in tensors.items() if tensor is not None}, path)


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("encoder.model.3.conv.conv.bias", None, "is missing"),
        ("decoder.model.6.convtr.convtr.weight_v", None, "is missing"),
        ("encoder.model.13.lstm.bias_hh_l1_reverse", None, "is missing"),
        ("quantizer.vq.layers.7._codebook.embed", None, "is missing"),
        ("encoder.model.16.conv.conv.bias", torch.zeros(4), "is not expected"),
        ("quantizer.vq.layers.8._codebook.embed", torch.zeros(4, 4), "is not expected"),
        ("decoder.model.15.conv.conv.bias", torch.zeros(2), "is of another shape"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(name: str, tensor: Any, message: str, small: Path) -> None:
    change(small, **{name: tensor})
    with pytest.raises(WeightsError, match=rf"{name} {message}"):
        open_parts(small, Resources())


def test_a_file_of_no_tensors_is_refused(small: Path) -> None:
    torch.save(
        {"state_dict": torch.load(small / "SpeechTokenizer.pt", weights_only=True)}, small / "SpeechTokenizer.pt"
    )
    with pytest.raises(WeightsError, match="holds no tensors by name"):
        open_parts(small, Resources())


def test_what_only_training_needs_may_be_there_or_not(small: Path) -> None:
    names = torch.load(small / "SpeechTokenizer.pt", weights_only=True)
    change(small, **{name: None for name in names if UNUSED.fullmatch(name)})
    assert open_parts(small, Resources()).decoders == {"", "from1"}


@pytest.mark.parametrize(("field", "value"), [("n_filters", None), ("activation", "GELU"), ("strides", 8)])
def test_a_configuration_of_another_model_is_refused(field: str, value: Any, small: Path) -> None:
    config = json.loads((small / "config.json").read_text())
    config[field] = value
    (small / "config.json").write_text(json.dumps({key: one for key, one in config.items() if one is not None}))
    with pytest.raises(WeightsError, match=r"config\.json (says nothing of|is of no network)"):
        open_parts(small, Resources())


@pytest.mark.parametrize(("setting", "name"), [(0, "speechtokenizer_hubert_avg"), (1, "speechtokenizer_snake")])
def test_missing_weights_say_how_to_get_them(setting: int, name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=f"codecmark download {name}"):
        PLUGIN.open(PLUGIN.settings[setting], Resources(weights_root=tmp_path))
