"""Soft edges: no fringe of the unstyled region, and the plate untouched by an identity."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_backend.image.boxes import Box
from nst_backend.image.highlights import Encoded, encode
from nst_backend.regions.composite import RegionMix, lay_over
from nst_backend.regions.edges import own_colour

RED, GREEN = np.array([0.8, 0.02, 0.02], np.float32), np.array([0.02, 0.6, 0.05], np.float32)


def soft_disc(side: int, radius: float, blur: float) -> np.ndarray:
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) - side / 2
    return np.clip(0.5 + (radius - np.hypot(x, y)) / blur, 0.0, 1.0).astype(np.float32)


def laid_over(plate: np.ndarray, coverage: np.ndarray, paint: np.ndarray | None) -> np.ndarray:
    """The pipeline's arithmetic for one styled region over unstyled ground; ``paint`` None is the identity."""
    seen: Encoded = encode(plate)
    found = own_colour(plate, coverage, 1.0 - coverage)
    if found is not None:
        seen = seen.replaced(found[0], encode(found[1][None]))
    mix = RegionMix(encode(plate))
    styled = seen.display if paint is None else np.broadcast_to(paint, seen.display.shape).copy()
    mix.add(Box.whole(*coverage.shape), coverage, styled, seen, strength=1.0, preserve=0.0)
    change, _ = lay_over(None, mix.mixed(), None, exposure=0.0)
    return plate + change


def test_red_sphere_out_of_focus_leaves_no_red() -> None:
    coverage = soft_disc(240, 70.0, 40.0)
    plate = coverage[:, :, None] * RED + (1 - coverage[:, :, None]) * GREEN
    blue = np.array([0.1, 0.2, 0.9], np.float32)
    result = laid_over(plate, coverage, blue)
    expected = coverage[:, :, None] * encode(np.ones((1, 1, 3), np.float32)).linear * 0
    linear_blue = ((blue + 0.055) / 1.055) ** 2.4
    expected = coverage[:, :, None] * linear_blue + (1 - coverage[:, :, None]) * GREEN
    assert np.abs(result - expected).max() < 0.02
    # Without the extension the fringe is there: the test can fail.
    naive = plate + coverage[:, :, None] * (linear_blue - plate)
    assert (naive - expected)[:, :, 0].max() > 0.1


def test_thin_leaves_take_their_own_colour() -> None:
    coverage = np.zeros((64, 64), np.float32)
    coverage[:, ::8] = 0.6
    coverage = cv2.GaussianBlur(coverage, (3, 1), 0.6)
    plate = coverage[:, :, None] * RED + (1 - coverage[:, :, None]) * GREEN
    found = own_colour(plate, coverage, 1.0 - coverage)
    assert found is not None
    where, colours = found
    mixed = plate[where]
    # Closer to the leaf's red than the mixed pixels were.
    assert np.abs(colours - RED).mean() < np.abs(mixed - RED).mean()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(1.0, 30.0))
def test_identity_returns_the_plate(seed: int, blur: float) -> None:
    rng = np.random.default_rng(seed)
    plate = (rng.standard_normal((40, 40, 3)) * 3.0).astype(np.float32)
    coverage = soft_disc(40, 12.0, blur)
    result = laid_over(plate, coverage, None)
    assert np.array_equal(result, plate)


def test_nothing_to_clean_where_no_plate_shows() -> None:
    coverage = soft_disc(32, 10.0, 6.0)
    assert own_colour(np.zeros((32, 32, 3), np.float32), coverage, np.zeros((32, 32), np.float32)) is None


def test_unstyled_pixels_are_untouched() -> None:
    coverage = soft_disc(64, 12.0, 4.0)
    plate = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32) * 5
    result = laid_over(plate, coverage, np.array([0.5, 0.1, 0.1], np.float32))
    outside = coverage == 0.0
    assert np.array_equal(result[outside], plate[outside])
    assert not np.array_equal(result[~outside], plate[~outside])
