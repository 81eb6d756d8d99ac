"""Pictures on their way to Blender, without Blender."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nst_backend.image.transfer import srgb_decode


@pytest.fixture(scope="module")
def pictures(pure_package: Callable[[str], ModuleType]) -> Any:
    return pure_package("preview.pictures")


@pytest.fixture
def ramp() -> np.ndarray:
    """``(2, 256, 4)``: every value of 8 bits, opaque above and half transparent below."""
    values = np.linspace(0.0, 1.0, 256, dtype=np.float32)
    picture = np.ones((2, 256, 4), np.float32)
    picture[..., :3] = values[None, :, None]
    picture[1, :, 3] = 0.5
    return picture


def test_an_image_is_scene_linear_and_premultiplied(pictures: Any, ramp: np.ndarray) -> None:
    before = ramp.copy()
    linear = pictures.as_scene_linear(ramp)
    expected = srgb_decode(ramp[0, :, :3])
    assert np.abs(linear[0, :, :3] - expected).max() < 1e-6
    assert np.abs(linear[1, :, :3] - 0.5 * expected).max() < 1e-6
    assert (linear[..., 3] == ramp[..., 3]).all()
    assert (ramp == before).all()


def test_an_exponent_of_the_display_is_made_up_for(pictures: Any, ramp: np.ndarray) -> None:
    drawn = pictures.under_exponent(ramp, 2.2)
    seen = srgb_decode(drawn[..., :3]) ** (1 / 2.2)
    assert np.abs(seen - ramp[..., :3]).max() < 1e-4
    assert np.abs(drawn - ramp).max() > 0.02


def test_rows_go_from_the_bottom(pictures: Any, ramp: np.ndarray) -> None:
    flat = pictures.rows_up(ramp)
    assert flat.shape == (2 * 256 * 4,)
    assert flat[3] == 0.5
    assert flat[-1] == 1.0


@pytest.mark.parametrize(
    ("size", "quick"),
    [((480, 270), None), ((1920, 1080), "480x270"), ((1080, 1920), "270x480"), ((5000, 2), "480x1")],
)
def test_only_a_large_plate_comes_small_first(pictures: Any, size: tuple[int, int], quick: str | None) -> None:
    assert pictures.reduced_size(*size) == quick


def test_what_is_not_there_is_not_shown(pictures: Any, ramp: np.ndarray) -> None:
    matte = np.float32([[0.25, 1.0]])
    known = pictures.Pictures(plate=ramp, matte=matte)
    assert known.of("PLATE") is ramp
    assert known.of("RESULT") is None
    assert known.of("MATTE")[0, 0].tolist() == [0.25, 0.25, 0.25, 1.0]
