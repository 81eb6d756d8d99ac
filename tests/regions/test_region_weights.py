"""The partition of a pixel among regions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from nst_backend.regions.weights import TOLERANCE, partition, remainder

Array = NDArray[np.float32]
_coverage = hnp.arrays(np.float32, (4, 5), elements=st.floats(0, 1, width=32))
_coverages = st.lists(_coverage, min_size=1, max_size=5)


@given(_coverages)
def test_weights_follow_the_rule(coverages: list[Array]) -> None:
    in_front = np.zeros((4, 5))
    for coverage, weight in zip(coverages, partition(coverages), strict=True):
        assert weight.dtype == np.float32
        np.testing.assert_allclose(weight, np.minimum(coverage, 1 - in_front), rtol=0, atol=2 * TOLERANCE)
        in_front += weight


@given(_coverages)
def test_the_exact_sum_is_at_most_one(coverages: list[Array]) -> None:
    weights = partition(coverages)
    assert sum(weight.astype(np.float64) for weight in weights).max() <= 1
    assert min(weight.min() for weight in weights) >= 0


@given(_coverages)
def test_no_region_weighs_where_it_does_not_cover(coverages: list[Array]) -> None:
    for coverage, weight in zip(coverages, partition(coverages), strict=True):
        assert not weight[coverage == 0].any()


@given(_coverage)
def test_the_region_in_front_keeps_its_coverage(coverage: Array) -> None:
    weight = partition([coverage, np.ones_like(coverage)])[0]
    soft = coverage < 1 - TOLERANCE
    assert (weight[soft] == coverage[soft]).all()
    assert (weight[~soft] == 1).all()


@given(_coverage, hnp.arrays(np.float64, (4, 5), elements=st.floats(-0.9e-6, 0.9e-6)))
def test_a_shared_edge_leaves_no_plate(first: Array, noise: NDArray[np.float64]) -> None:
    second = np.clip(1 - first + noise, 0, 1).astype(np.float32)
    first[second == 0] = 1
    weights = partition([first, second])
    assert not remainder(weights).any()
    # A third region behind them gets nothing either.
    assert not partition([first, second, np.ones_like(first)])[2].any()


@given(hnp.arrays(np.float64, (3, 6, 6), elements=st.floats(0.01, 1)))
def test_three_on_one_edge_leave_no_plate(parts: NDArray[np.float64]) -> None:
    shares = (parts / parts.sum(0)).astype(np.float32)
    assert not remainder(partition(list(shares))).any()


@given(_coverages)
def test_the_remainder_is_what_is_left(coverages: list[Array]) -> None:
    weights = partition(coverages)
    total = sum(weight.astype(np.float64) for weight in weights)
    np.testing.assert_allclose(remainder(weights), 1 - total, rtol=0, atol=TOLERANCE)


def test_nothing_covers_nothing() -> None:
    assert partition([]) == []
    empty = np.zeros((2, 3), np.float32)
    assert (remainder(partition([empty])) == 1).all()


def test_coverages_of_different_size_are_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        partition([np.zeros((2, 3), np.float32), np.zeros((3, 2), np.float32)])
