"""Where plate and pointer meet: pure geometry."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

Pure = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def placement(pure_package: Pure) -> Any:
    return pure_package("preview.placement").Placement


def test_a_whole_render_lies_about_the_middle(placement: Any) -> None:
    whole = placement(width=64, height=36)
    assert whole.corners() == ((-32, -18), (32, -18), (32, 18), (-32, 18))
    assert whole.texture_corners() == ((0, 0), (1, 0), (1, 1), (0, 1))
    assert whole.pixel(-31.5, 17.5) == (0, 0)
    assert whole.pixel(31.5, -17.5) == (63, 35)
    assert whole.pixel(32.5, 0) is None
    assert whole.pixel(0, -18.5) is None


def test_cropped_pixels_are_not_shown_and_not_picked(placement: Any) -> None:
    cropped = placement(width=10, height=8, crop=(1, 2, 3, 0))
    assert cropped.corners() == ((-4, -1), (3, -1), (3, 4), (-4, 4))
    assert cropped.texture_corners()[0] == (0.1, 3 / 8)
    assert cropped.pixel(-4.5, 0) is None
    assert cropped.pixel(-3.5, 3.5) == (1, 0)


@given(
    offset=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    scale=st.tuples(st.floats(0.2, 3), st.floats(0.2, 3)),
    rotation=st.floats(-math.pi, math.pi),
    origin=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    flip=st.tuples(st.booleans(), st.booleans()),
    aspect=st.sampled_from([0.5, 1.0, 1.46]),
)
def test_what_is_drawn_is_what_is_picked(placement: Any, aspect: float, **transform: Any) -> None:
    """Half way between the middle and each drawn corner lies the pixel of the same quarter."""
    placed = placement(width=40, height=20, aspect=aspect, **transform)
    corners = placed.corners()
    middle = [sum(values) / 4 for values in zip(*corners, strict=True)]
    found = [placed.pixel(*((a + b) / 2 for a, b in zip(corner, middle, strict=True))) for corner in corners]
    expected = [(10, 14), (30, 14), (30, 4), (10, 4)]
    for pixel, wanted in zip(found, expected, strict=True):
        assert pixel is not None
        assert max(abs(pixel[0] - wanted[0]), abs(pixel[1] - wanted[1])) <= 1
