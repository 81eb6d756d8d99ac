"""Sharpness and aliasing on functions whose answers are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from nst_backend.contract.errors import InputError
from nst_backend.metrics.aliasing import equivariance_error, noise_gain
from nst_backend.metrics.sharpness import SCALES, log_energy, sharpness_kept


def picture(size: tuple[int, int] = (160, 200)) -> np.ndarray:
    return np.random.default_rng(0).random((*size, 3), dtype=np.float32)


def test_sharpness_of_itself_is_one_and_scales_with_contrast() -> None:
    for sigma in SCALES:
        assert sharpness_kept(picture(), picture(), sigma) == 1
        assert sharpness_kept(0.5 * picture() + 0.2, picture(), sigma) == pytest.approx(0.5, rel=1e-4)


def test_blur_costs_most_at_the_finest_scale() -> None:
    blurred = cv2.GaussianBlur(picture(), (0, 0), 1.0)
    kept = [sharpness_kept(blurred, picture(), sigma) for sigma in SCALES]
    assert kept[0] < kept[1] < kept[2] < 1
    assert kept[0] < 0.3


def test_flat_pictures_have_no_edges() -> None:
    flat = np.full((20, 20, 3), 0.4, np.float32)
    assert log_energy(flat, 0) == 0
    assert log_energy(flat, 2) == pytest.approx(0, abs=1e-6)
    with pytest.raises(InputError):
        sharpness_kept(flat, flat[:10], 0)


@pytest.mark.parametrize("shift", [0.5, 1, 2, 4])
def test_a_filter_that_moves_with_its_picture_has_no_equivariance_error(shift: float) -> None:
    assert equivariance_error(lambda x: cv2.GaussianBlur(x, (0, 0), 2), picture(), shift) < 1e-5


def test_a_strided_style_is_caught_but_at_multiples_of_its_stride() -> None:
    def strided(x: np.ndarray) -> np.ndarray:
        return np.repeat(np.repeat(x[::4, ::4], 4, axis=0), 4, axis=1)

    assert equivariance_error(strided, picture(), 1) > 0.1
    assert equivariance_error(strided, picture(), 4) == 0


def test_noise_gain_of_a_gain_is_that_gain() -> None:
    assert noise_gain(lambda x: x, picture()) == pytest.approx(1, rel=0.02)
    assert noise_gain(lambda x: 3 * x, picture()) == pytest.approx(3, rel=0.02)
    assert noise_gain(np.zeros_like, picture()) == 0
    assert noise_gain(lambda x: 3 * x, picture()) == noise_gain(lambda x: 3 * x, picture())


def test_pictures_without_an_inside_are_refused() -> None:
    with pytest.raises(InputError, match="nothing left"):
        equivariance_error(lambda x: x, picture((100, 200)), 1)
