"""Published classifiers: torchvision's own features, and files that are something else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.metrics.trunks import TRUNKS, load_trunk

BUILDERS = {
    "alexnet": models.alexnet,
    "vgg16": models.vgg16,
    "squeezenet1_0": models.squeezenet1_0,
    "squeezenet1_1": models.squeezenet1_1,
}


def write_trunk(name: str, path: Path) -> torch.nn.Sequential:
    """Random weights under the names that torchvision's files have, with a piece of classifier beside them."""
    torch.manual_seed(4)
    features = TRUNKS[name].build().eval()
    tensors = {f"features.{key}": value for key, value in features.state_dict().items()}
    torch.save({**tensors, "classifier.1.bias": torch.zeros(3)}, path)
    return features


@pytest.mark.parametrize("name", TRUNKS)
def test_the_layers_are_torchvisions_own(name: str, tmp_path: Path) -> None:
    features = write_trunk(name, tmp_path / "judge.pth")
    with torch.device("meta"):
        published = BUILDERS[name](weights=None).features
    assert [type(layer) for layer in published] == [type(layer) for layer in features]
    assert {key: value.shape for key, value in published.state_dict().items()} == {
        key: value.shape for key, value in features.state_dict().items()
    }
    trunk = load_trunk(tmp_path / "judge.pth")
    assert trunk.name == name
    picture = torch.rand(1, 3, 80, 72)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    found = trunk(picture, trunk.layers)
    x = (picture - mean[:, None, None]) / std[:, None, None]
    for layer, index in TRUNKS[name].layers.items():
        torch.testing.assert_close(found[layer], features[: index + 1](x))
        assert isinstance(features[index], (torch.nn.ReLU, models.squeezenet.Fire))


def test_the_published_files_can_be_fetched_and_checked() -> None:
    for kind in TRUNKS.values():
        assert kind.published.url.startswith("https://download.pytorch.org/")
        assert kind.published.sha256


def test_other_files_layers_and_sizes_are_refused(tmp_path: Path) -> None:
    features = write_trunk("squeezenet1_1", tmp_path / "judge.pth")
    tensors = {f"features.{key}": value.clone() for key, value in features.state_dict().items()}
    save_file({**tensors, "features.3.squeeze.bias": torch.zeros(7)}, tmp_path / "torn.safetensors")
    with pytest.raises(InputError, match=r"squeezenet1_1: 3\.squeeze\.bias"):
        load_trunk(tmp_path / "torn.safetensors")
    save_file({"conv1.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="holds no network"):
        load_trunk(tmp_path / "other.safetensors")
    trunk = load_trunk(tmp_path / "judge.pth")
    with pytest.raises(UsageError, match="relu9"):
        trunk(torch.rand(1, 3, 64, 64), ["relu9"])
    with pytest.raises(InputError, match="64 pixels"):
        trunk(torch.rand(1, 3, 40, 90), ["relu1"])
