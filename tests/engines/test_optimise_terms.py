"""The losses of an optimisation on their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from optimise_pictures import patches, tiny_encoder, waves
from torch import Tensor

from nst_backend.engines.optimise.guides import layer_guide
from nst_backend.engines.optimise.terms import Objective, StyleTerm, TemporalTerm, VariationTerm, WeightedTerm
from nst_backend.image.luma import match_colours
from nst_backend.styles.loss_networks import DistilledVGG19
from nst_backend.styles.losses import matrix_root, moments, wasserstein_loss

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> DistilledVGG19:
    return tiny_encoder(Path(tmp_path_factory.mktemp("encoder")))


def tensor(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]


def left_half() -> Tensor:
    matte = torch.zeros(48, 64)
    matte[:, :32] = 1.0
    return matte


@pytest.mark.parametrize("kind", ["moments", "gram", "wasserstein"])
def test_a_region_s_style_is_measured_inside_it(encoder: DistilledVGG19, kind: str) -> None:
    # It sees one pixel to each side, by which the guide shrinks.
    layers = ("relu1_1",)
    term = StyleTerm(tensor(patches(1)), encoder, layers, kind, left_half())  # type: ignore[arg-type]
    picture, other, third = waves(), waves(), waves()
    other[:, 32:] = patches(5)[:48, 32:]
    third[:, :32] = patches(5)[:48, :32]
    found = [float(term(tensor(entry), encoder(tensor(entry), layers))) for entry in (picture, other, third)]
    assert found[1] == pytest.approx(found[0], rel=1e-4)
    assert abs(found[2] - found[0]) > 0.05 * found[0]


@pytest.mark.parametrize("kind", ["moments", "gram", "wasserstein"])
def test_a_painting_is_no_distance_from_itself(encoder: DistilledVGG19, kind: str) -> None:
    painting = tensor(patches(1))
    layers = ("relu1_1", "relu3_1")
    plain = StyleTerm(painting, encoder, layers, kind)  # type: ignore[arg-type]
    guided = StyleTerm(painting, encoder, layers, kind, torch.ones(64, 64))  # type: ignore[arg-type]
    features = encoder(painting, layers)
    other = encoder(tensor(waves()), layers)
    assert abs(float(plain(painting, features))) < 1e-3 * float(plain(painting, other))
    assert float(guided(painting, other)) == pytest.approx(float(plain(painting, other)), rel=1e-3)


def test_wasserstein_s_distance_of_independent_channels() -> None:
    """For diagonal covariances it is the distance of means and of standard deviations."""
    mean, other = torch.tensor([[0.0, 1.0]]), torch.tensor([[2.0, 1.0]])
    value, target = torch.diag(torch.tensor([4.0, 9.0]))[None], torch.diag(torch.tensor([1.0, 4.0]))[None]
    found = wasserstein_loss((mean, value), (other, target), matrix_root(target))
    assert float(found) == pytest.approx((4.0 + 1.0 + 1.0) / 5.0, rel=1e-4)


def test_its_gradient_is_finite_where_channels_say_the_same() -> None:
    features = torch.rand(1, 1, 6, 6).expand(1, 8, 6, 6).clone().requires_grad_(True)
    target = moments(torch.rand(1, 8, 6, 6))
    wasserstein_loss(moments(features), target, matrix_root(target[1])).sum().backward()  # type: ignore[no-untyped-call]
    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


def test_moments_under_a_guide_are_those_of_what_it_covers() -> None:
    features = torch.rand(1, 5, 8, 8)
    guide = torch.zeros(8, 8)
    guide[:, :3] = 1.0
    for guided, cut in zip(moments(features, guide), moments(features[..., :3]), strict=True):
        assert torch.allclose(guided, cut, atol=1e-6)


def test_a_guide_shrinks_by_a_place_and_never_to_nothing() -> None:
    guide = layer_guide(left_half(), (12, 16))
    assert guide is not None
    assert guide[:, :7].min() == 1.0
    assert guide[:, 7:].max() == 0.0
    thin = torch.zeros(48, 64)
    thin[10:13, 20:23] = 1.0
    small = layer_guide(thin, (3, 4))
    assert small is not None
    assert float(small.sum()) == pytest.approx(9 / 256, rel=1e-3)
    assert layer_guide(torch.zeros(48, 64), (3, 4)) is None


def test_what_went_before_counts_where_it_holds() -> None:
    before = tensor(patches(1))
    valid = torch.zeros(64, 64)
    valid[:32] = 1.0
    term = TemporalTerm(before, valid)
    changed = before.clone()
    changed[:, :, 32:] = 0.0
    assert float(term(changed, {})) == 0.0
    changed[:, :, :32] += 0.1
    assert float(term(changed, {})) == pytest.approx(
        0.005 / float(before.var(dim=(2, 3), correction=0).mean()), rel=1e-3
    )


def test_terms_of_one_name_are_told_as_one_and_those_without_weight_not_at_all(encoder: DistilledVGG19) -> None:
    style = StyleTerm(tensor(patches(1)), encoder, ("relu5_1",), "gram")
    objective = Objective(
        encoder,
        [
            WeightedTerm("grain", 1.0, VariationTerm()),
            WeightedTerm("grain", 2.0, VariationTerm()),
            WeightedTerm("style", 0.0, style),
        ],
    )
    assert objective.layers == ()
    picture = tensor(waves())
    value, parts = objective(picture)
    assert set(parts) == {"grain"}
    assert float(value) == pytest.approx(3.0 * float(VariationTerm()(picture, {})))


def test_matched_colours_have_the_others_mean_and_covariance() -> None:
    picture, like = 0.4 + 0.2 * waves(), 0.4 + 0.15 * patches(4, tint=(1.0, 0.5, 0.2))
    matched = match_colours(picture, like)
    assert np.allclose(matched.mean((0, 1)), like.mean((0, 1)), atol=1e-3)
    assert np.allclose(np.cov(matched.reshape(-1, 3).T), np.cov(like.reshape(-1, 3).T), atol=2e-4)
    flat = match_colours(np.full((4, 4, 3), 0.5, np.float32), like)
    assert np.allclose(flat, like.mean((0, 1)), atol=1e-2)
