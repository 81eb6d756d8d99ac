"""How mattes are judged."""

from __future__ import annotations

import numpy as np
import pytest

from nst_backend.flow.source import Motion
from nst_backend.metrics.mattes import boundary_f, intersection_over_union, matte_flicker


def square(left: int, side: int = 40, size: int = 200) -> np.ndarray:
    matte = np.zeros((size, size), np.float32)
    matte[60 : 60 + side, left : left + side] = 1
    return matte


def test_overlap_of_two_squares() -> None:
    assert intersection_over_union(square(50), square(60)) == pytest.approx(30 / 50)
    assert intersection_over_union(square(50), square(50)) == 1
    assert intersection_over_union(square(0, 0), square(0, 0)) == 1


def test_an_outline_within_the_tolerance_counts_as_right() -> None:
    # 0.8 % of the diagonal of 200 x 200 pixels is 2.3, rounded up to 3.
    assert boundary_f(square(53), square(50)) == 1
    assert boundary_f(square(54), square(50)) < 0.9


def test_an_outline_where_there_is_none_is_wrong() -> None:
    assert boundary_f(square(50), square(0, 0)) == 0
    assert boundary_f(square(0, 0), square(0, 0)) == 1


def test_half_an_outline_is_half_found() -> None:
    both = np.maximum(square(20), square(120))
    assert boundary_f(square(20), both) == pytest.approx(2 / 3, abs=0.01)


def moved(pixels: float) -> Motion:
    flow = np.zeros((200, 200, 2), np.float32)
    flow[..., 0] = -pixels
    everywhere = np.ones((200, 200), np.bool_)
    return Motion(flow, -flow, everywhere, everywhere, "exact")


def test_what_moves_with_the_flow_does_not_flicker() -> None:
    assert matte_flicker(square(55), square(50), moved(5)) == 0


def test_an_edge_that_jumps_flickers_with_its_distance() -> None:
    one, two = (matte_flicker(square(50 + step), square(50), moved(0)) for step in (1, 2))
    assert one is not None
    assert two is not None
    assert 1.5 * one < two < 2.5 * one


def test_without_a_way_back_nothing_can_be_said() -> None:
    motion = moved(0)
    one_way = Motion(motion.backward, None, motion.valid, motion.known, "exact")
    assert matte_flicker(square(50), square(50), one_way) is None
