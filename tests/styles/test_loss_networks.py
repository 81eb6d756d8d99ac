"""Loss networks: the published layouts, and moments behind linear layers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from nst_backend.contract.errors import InputError
from nst_backend.styles.loss_networks import DistilledVGG19, load_loss_network
from nst_backend.styles.losses import colour_loss, colour_quantiles, gram, gram_loss, moment_loss, moments


@pytest.mark.parametrize(("name", "last", "index"), [("vgg19", "relu3_4", 17), ("vgg16", "relu3_3", 15)])
def test_torchvision_weights_give_torchvisions_features(tmp_path: Path, name: str, last: str, index: int) -> None:
    torch.manual_seed(0)
    reference = getattr(models, name)(weights=None).features
    path = tmp_path / f"{name}.pth"
    torch.save({f"features.{key}": value for key, value in reference.state_dict().items()}, path)
    network = load_loss_network(path)
    assert network.name == name
    x = torch.rand(1, 3, 96, 96)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        expected = reference[: index + 1]((x - mean[:, None, None]) / std[:, None, None])
        found = network(x, [last])[last]
    # Borders differ on purpose: ours are reflected, theirs zero.
    inner = (slice(None), slice(None), slice(8, -8), slice(8, -8))
    torch.testing.assert_close(found[inner], expected[inner], atol=1e-5, rtol=1e-4)


def test_distilled_weights_are_read(shared_data: Path) -> None:
    network = load_loss_network(shared_data / "weights" / "vgg19_distilled_16x.safetensors")
    assert isinstance(network, DistilledVGG19)
    found = network(torch.rand(1, 3, 64, 64), ["relu1_1", "relu5_1"])
    assert found["relu1_1"].shape == (1, 16, 64, 64)
    assert found["relu5_1"].shape == (1, 128, 4, 4)


def test_moments_behind_the_aux_layer_are_those_of_the_widened_features(shared_data: Path) -> None:
    network = load_loss_network(shared_data / "weights" / "vgg19_distilled_16x.safetensors")
    assert isinstance(network, DistilledVGG19)
    with torch.no_grad():
        thin = network(torch.rand(1, 3, 64, 64), ["relu3_1"])["relu3_1"]
        mean, covariance = network.moments("relu3_1", thin)
        wide_mean, wide_covariance = moments(network.aux["relu3_1"](thin))
    torch.testing.assert_close(mean, wide_mean, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(covariance, wide_covariance, atol=1e-3, rtol=1e-3)


def test_unknown_layer_and_foreign_file_are_said(tmp_path: Path) -> None:
    save_file({"something": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="VGG-19"):
        load_loss_network(tmp_path / "other.safetensors")
    save_file({f"features.{i}.weight": torch.zeros(1) for i in (0, 34)}, tmp_path / "torn.safetensors")
    with pytest.raises(InputError, match="features"):
        load_loss_network(tmp_path / "torn.safetensors")


def test_losses_are_zero_for_the_same_and_grow_apart() -> None:
    torch.manual_seed(1)
    first, second = torch.rand(2, 8, 16, 16), torch.rand(2, 8, 16, 16) * 2
    assert moment_loss(moments(first), moments(first)).abs().max() < 1e-6
    assert gram_loss(gram(first), gram(first)).abs().max() < 1e-6
    assert (moment_loss(moments(first), moments(second)) > 0.1).all()
    # Places do not matter, only what is there.
    shuffled = first.flatten(2)[:, :, torch.randperm(256)].reshape(first.shape)
    assert moment_loss(moments(shuffled), moments(first)).abs().max() < 1e-4


def test_colour_loss_sees_colours_and_not_places() -> None:
    torch.manual_seed(1)
    x = torch.rand(1, 3, 32, 32)
    shuffled = x.flatten(2)[:, :, torch.randperm(1024)].reshape(x.shape)
    assert colour_loss(colour_quantiles(shuffled), colour_quantiles(x)).item() < 1e-6
    assert colour_loss(colour_quantiles(x * 0.5), colour_quantiles(x)).item() > 0.1
    # Quantiles do not depend on the picture's size.
    tiled = x.repeat(1, 1, 2, 2)
    torch.testing.assert_close(colour_quantiles(tiled), colour_quantiles(x), atol=2e-3, rtol=0)
