"""Set operations and edges of coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from nst_backend.mattes.combine import feather, feather_inside, grow, intersect, shrink, subtract, union

Array = NDArray[np.float32]
ULP = 2.0**-23
_coverage = hnp.arrays(np.float32, (7, 9), elements=st.floats(0, 1, width=32))
_distance = st.floats(0, 6)
MOVES = [grow, shrink, feather, feather_inside]


def _edge(position: float, width: int = 40, height: int = 5) -> Array:
    """Covered left of ``position``, antialiased exactly."""
    return np.tile(np.clip(position - np.arange(width), 0, 1).astype(np.float32), (height, 1))


def _disc(radius: float, side: int = 81) -> Array:
    fine = 8
    at = (np.arange(side * fine) + 0.5) / fine - side / 2
    inside = at[:, None] ** 2 + at**2 <= radius**2
    return inside.reshape(side, fine, side, fine).mean((1, 3)).astype(np.float32)


@given(_coverage, _coverage)
def test_set_operations(a: Array, b: Array) -> None:
    assert (union(a, b) >= np.maximum(a, b)).all()
    assert (union(a, b) <= 1).all()
    assert (intersect(a, b) <= np.minimum(a, b)).all()
    assert (subtract(a, b) <= a).all()
    assert (subtract(a, b).astype(np.float64) + b <= 1 + ULP).all(), "disjoint"
    assert (union(a, a) == a).all()
    assert (intersect(a, a) == a).all()
    np.testing.assert_allclose(1 - union(a, b), intersect(1 - a, 1 - b), atol=ULP)


@pytest.mark.parametrize("move", MOVES)
@given(_coverage)
def test_no_distance_is_identity_bit_for_bit(move, coverage: Array) -> None:  # type: ignore[no-untyped-def]
    assert move(coverage, 0.0).tobytes() == coverage.tobytes()


@pytest.mark.parametrize("move", MOVES)
@given(_coverage, _distance)
def test_coverage_stays_in_range_and_the_input_as_it_was(move, coverage: Array, distance: float) -> None:  # type: ignore[no-untyped-def]
    before = coverage.copy()
    result = move(coverage, distance)
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 1
    assert (coverage == before).all()


@given(_coverage, _distance, _distance)
def test_growing_and_shrinking_are_monotone(coverage: Array, one: float, other: float) -> None:
    near, far = sorted((one, other))
    assert (grow(coverage, near) >= coverage).all()
    assert (shrink(coverage, near) <= coverage).all()
    assert (grow(coverage, far) >= grow(coverage, near) - ULP).all()
    assert (shrink(coverage, far) <= shrink(coverage, near) + ULP).all()
    assert (feather_inside(coverage, near) <= coverage).all()


@given(_coverage, _coverage, _distance)
def test_growing_keeps_order(a: Array, b: Array, distance: float) -> None:
    assert (grow(union(a, b), distance) >= grow(a, distance) - ULP).all()


def test_a_flat_matte_does_not_change() -> None:
    for value in (0.0, 0.25, 1.0):
        flat = np.full((20, 30), value, np.float32)
        for move in MOVES[:3]:
            np.testing.assert_allclose(move(flat, 3.3), flat, atol=1e-6)
    ones = np.ones((20, 30), np.float32)
    assert (feather(ones, 7.7) == 1).all()
    assert (shrink(ones, 7.7) == 1).all(), "the border of the frame is no edge"


@given(st.floats(12, 20), st.floats(0, 9))
def test_an_edge_moves_by_the_distance_exactly(position: float, distance: float) -> None:
    edge = _edge(position)
    assert grow(edge, distance)[2].sum() == pytest.approx(position + distance, abs=1e-4)
    assert shrink(edge, distance)[2].sum() == pytest.approx(position - distance, abs=1e-4)


@given(st.floats(12, 20), st.integers(1, 9))
def test_an_edge_keeps_its_antialiasing(position: float, distance: int) -> None:
    np.testing.assert_allclose(grow(_edge(position), distance), _edge(position + distance), atol=1e-5)
    np.testing.assert_allclose(shrink(_edge(position), distance), _edge(position - distance), atol=1e-5)


@pytest.mark.parametrize("distance", [0.5, 1, 1.5, 2, 3.25, 5, 7, 8, 12.5, 15])
def test_a_disc_grows_into_a_disc(distance: float) -> None:
    grown = grow(_disc(20), distance)
    # Equal area says that the edge has moved as far in all directions on average.
    radius = math.sqrt(float(grown.sum(dtype=np.float64)) / math.pi)
    assert radius == pytest.approx(20 + distance, abs=0.1)
    assert np.abs(grown - _disc(20 + distance)).max() < 0.3
    assert ((grown > 0.02) & (grown < 0.98)).any(), "antialiased"


@pytest.mark.parametrize("distance", [0.5, 1, 2, 3, 4, 5, 7, 9, 13])
def test_a_slanted_edge_moves_as_far_as_a_straight_one(distance: float) -> None:
    fine, side = 8, 60
    at = (np.arange(side * fine) + 0.5) / fine
    slanted = (at[:, None] + at < 50).reshape(side, fine, side, fine).mean((1, 3)).astype(np.float32)
    moved = float((grow(slanted, distance) - slanted)[:, 25].sum()) / math.sqrt(2)
    assert moved == pytest.approx(distance, abs=0.15)


def test_a_faint_matte_stays_faint() -> None:
    faint = np.zeros((21, 21), np.float32)
    faint[10, 10] = 0.3
    grown = grow(faint, 4)
    assert grown.max() == np.float32(0.3)
    assert grown[10, 14] == np.float32(0.3)
    assert grown[10, 16] == 0


def test_feathering_is_symmetric_and_inside_is_inside() -> None:
    edge = _edge(20.0)
    soft = feather(edge, 6)[2]
    np.testing.assert_allclose(soft[:20], 1 - soft[:19:-1], atol=1e-6)
    assert (np.diff(soft) <= 1e-7).all()
    assert soft[20 - 8] > 0.99
    assert soft[19 + 8] < 0.01
    inside = feather_inside(edge, 6)[2]
    assert not inside[20:].any()
    assert 0.3 < inside[16] < 0.7
    assert inside[20 - 9] > 0.99
