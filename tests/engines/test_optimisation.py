"""Painting by optimisation."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.contract.errors import UsageError
from nst_backend.engines.optimisation import OptimisationStep, optimise, scale_sizes
from nst_backend.contract.optimisation_options import SMALLEST_SIDE, OptimisationOptions
from nst_backend.styles.loss_networks import DistilledVGG19, load_loss_network

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def encoder(shared_data: Path) -> DistilledVGG19:
    network = load_loss_network(shared_data / "weights/vgg19_distilled_16x.safetensors")
    assert isinstance(network, DistilledVGG19)
    return network


def waves(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([0.5 + 0.4 * np.sin(x / 6 + y / 9 * k) for k in (1, 2, 3)], axis=-1).astype(np.float32)


def stripes(side: int) -> np.ndarray:
    picture = np.zeros((side, side, 3), np.float32)
    picture[:, ::4] = (1.0, 0.8, 0.1)
    return picture


def small(**more: object) -> OptimisationOptions:
    return OptimisationOptions(**{"size": 64, "style_size": 64, "scales": 1, "steps": 12, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options", [small(), small(loss="gram"), small(optimiser="lbfgs"), small(optimiser="lbfgs", loss="gram")]
)
def test_the_loss_falls(encoder: DistilledVGG19, options: OptimisationOptions) -> None:
    heard: list[OptimisationStep] = []
    painted = optimise(waves(48, 64), stripes(64), encoder, options, on_step=heard.append)
    assert painted.finished
    assert painted.picture.shape == (48, 64, 3)
    assert painted.picture.dtype == np.float32
    assert painted.picture.min() >= 0.0
    assert painted.picture.max() <= 1.0
    assert [step.done for step in heard] == list(range(1, options.steps + 1))
    assert heard[-1].loss < 0.7 * heard[0].loss


def test_content_alone_leaves_the_picture(encoder: DistilledVGG19) -> None:
    content = waves(48, 64)
    options = small(style=0.0, colour=0.0, variation=0.0, steps=3)
    assert np.abs(optimise(content, stripes(64), encoder, options).picture - content).max() < 1e-6


def test_it_works_from_coarse_to_fine_and_ends_at_the_size(encoder: DistilledVGG19) -> None:
    heard: list[OptimisationStep] = []
    options = small(size=128, scales=3, steps=2)
    painted = optimise(waves(96, 192), stripes(64), encoder, options, on_step=heard.append)
    assert painted.picture.shape == (64, 128, 3)
    assert [step.size for step in heard] == [(64, 32), (64, 32), (128, 64), (128, 64)]
    assert heard[-1].done == heard[-1].total == 4


def test_the_same_twice_is_the_same(encoder: DistilledVGG19) -> None:
    first, second = (optimise(waves(48, 64), stripes(64), encoder, small(steps=4)).picture for _ in range(2))
    assert np.array_equal(first, second)


def test_told_to_stop_it_returns_the_picture_so_far(encoder: DistilledVGG19) -> None:
    heard: list[OptimisationStep] = []
    options = small(size=128, scales=2, steps=5)
    painted = optimise(
        waves(96, 128), stripes(64), encoder, options, on_step=heard.append, cancelled=lambda: len(heard) >= 3
    )
    assert not painted.finished
    assert (painted.done, painted.total) == (3, 10)
    assert painted.picture.shape == (96, 128, 3)


def test_other_shapes_are_refused(encoder: DistilledVGG19) -> None:
    with pytest.raises(UsageError, match="content picture"):
        optimise(waves(48, 64)[:, :, 0], stripes(64), encoder, small())
    with pytest.raises(UsageError, match="style picture"):
        optimise(waves(48, 64), np.zeros((0, 4, 3), np.float32), encoder, small())


@given(st.integers(SMALLEST_SIDE, 4096), st.integers(SMALLEST_SIDE, 4096), st.integers(1, 6))
def test_scales_double_and_end_at_the_size(width: int, height: int, scales: int) -> None:
    sizes = scale_sizes((width, height), scales)
    assert sizes[-1] == (width, height)
    assert 1 <= len(sizes) <= scales
    assert all(min(size) >= SMALLEST_SIDE for size in sizes)
    for (small_width, small_height), (large_width, large_height) in pairwise(sizes):
        assert abs(large_width - 2 * small_width) <= 2
        assert abs(large_height - 2 * small_height) <= 2
