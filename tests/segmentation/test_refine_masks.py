"""Coarse masks come to fit the plate, and lose nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from track_shots import agreement, laid

from benchmarks.emulated_network import coarse_mask
from nst_backend.image.boxes import Box
from nst_backend.metrics.mattes import boundary_f
from nst_backend.segmentation.guided import guided_filter
from nst_backend.segmentation.refining import refine, softness

SIZE = (180, 240)


def star(points: int = 7) -> np.ndarray:
    """A shape with more detail than 28 cells hold."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    angle, radius = np.arctan2(y - 90, x - 120), np.hypot(y - 90, x - 120)
    return (radius < 55 + 20 * np.cos(points * angle)).astype(np.float32)


def plate(mask: np.ndarray, contrast: float, seed: int = 0) -> np.ndarray:
    """Two textures with soft borders, as a lens gives them."""
    rng = np.random.default_rng(seed)
    behind, before = np.array([0.4, 0.5, 0.3]), np.array([0.4 + contrast, 0.5 - contrast, 0.3])
    soft = cv2.GaussianBlur(mask, (0, 0), 0.7)[..., None]
    shown = soft * before + (1 - soft) * behind + rng.normal(0, 0.03, (*SIZE, 3))
    return np.clip(shown, 0, 1).astype(np.float32)


def test_an_outline_that_shows_in_the_plate_is_found() -> None:
    truth = star()
    seen = coarse_mask(truth, np.random.default_rng(1))
    assert seen is not None
    before, after = laid(seen, SIZE), laid(refine(plate(truth, 0.3), *seen), SIZE)
    assert agreement(after, truth) > max(0.97, agreement(before, truth))
    assert boundary_f(after, truth, tolerance=0.004) > max(0.95, boundary_f(before, truth, tolerance=0.004))


def test_the_edge_is_as_soft_as_the_plates_not_as_the_masks() -> None:
    truth = star()
    seen = coarse_mask(truth, np.random.default_rng(1))
    assert seen is not None
    assert softness(refine(plate(truth, 0.3), *seen)[1]) < softness(seen[1]) / 2


def test_where_the_plate_shows_nothing_the_mask_stands() -> None:
    truth = star()
    seen = coarse_mask(truth, np.random.default_rng(1))
    assert seen is not None
    after = laid(refine(plate(truth, 0.0), *seen), SIZE)
    assert agreement(after, laid(seen, SIZE)) > 0.9


def test_what_the_mask_is_sure_of_is_not_asked_again() -> None:
    truth = star()
    seen = coarse_mask(truth, np.random.default_rng(1))
    assert seen is not None
    prior = laid(seen, SIZE)
    # A plate that contradicts the mask everywhere.
    after = laid(refine(plate(np.roll(truth, 60, axis=1), 0.3), *seen), SIZE)
    assert (after[prior > 0.99] == 1).all()
    assert (after[prior < 0.01] == 0).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (30, 1), (2, 2)])
def test_thin_masks_are_kept(size: tuple[int, int]) -> None:
    mask = np.ones(size, np.float32)
    box, matte = refine(plate(star(), 0.3), Box(20, 30, 20 + size[0], 30 + size[1]), mask)
    assert box == Box(20, 30, 20 + size[0], 30 + size[1])
    np.testing.assert_array_equal(matte, mask)


def test_a_faint_mask_is_kept() -> None:
    faint = cv2.GaussianBlur(np.pad(np.full((2, 30), 0.4, np.float32), 8), (0, 0), 2)
    box = Box(20, 30, 20 + faint.shape[0], 30 + faint.shape[1])
    np.testing.assert_array_equal(refine(plate(star(), 0.3), box, faint)[1], faint)


def test_an_object_that_the_colours_speak_against_is_not_lost() -> None:
    stroke = np.zeros(SIZE, np.float32)
    stroke[80:86, 40:200] = 1
    seen = coarse_mask(stroke, np.random.default_rng(2))
    assert seen is not None
    after = refine(plate(np.zeros(SIZE, np.float32), 0.3), *seen)[1]
    assert after.sum() > 0.45 * seen[1].sum()


def test_the_guided_filter_keeps_a_matte_that_is_linear_in_the_guide() -> None:
    rng = np.random.default_rng(0)
    guide = rng.random((40, 50, 3)).astype(np.float32)
    matte = (guide @ np.array([0.3, 0.2, 0.4], np.float32)).astype(np.float32)
    np.testing.assert_allclose(guided_filter(guide, matte, radius=3, epsilon=1e-8), matte, atol=1e-3)


def test_the_guided_filter_is_a_mean_where_the_guide_is_flat() -> None:
    matte = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    smoothed = guided_filter(np.full((40, 50, 3), 0.5, np.float32), matte, radius=2, epsilon=1e-2)
    twice = cv2.blur(cv2.blur(matte, (5, 5)), (5, 5))
    np.testing.assert_allclose(smoothed[8:-8, 8:-8], twice[8:-8, 8:-8], atol=1e-5)
