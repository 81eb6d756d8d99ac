"""The pairs of the greatest total."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.segmentation.assignment import assign

affinities = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**32 - 1)).map(
    lambda drawn: np.random.default_rng(drawn[2]).uniform(-0.5, 1, drawn[:2])
)


def best_total(affinity: np.ndarray) -> float:
    """By trying all."""
    rows, columns = affinity.shape
    if rows > columns:
        return best_total(affinity.T)
    worth = np.maximum(affinity, 0)
    return max(
        sum(worth[row, column] for row, column in enumerate(order)) for order in permutations(range(columns), rows)
    )


@given(affinities)
def test_no_other_pairs_have_a_greater_total(affinity: np.ndarray) -> None:
    pairs = assign(affinity)
    assert np.isclose(sum(affinity[pair] for pair in pairs), best_total(affinity))


@given(affinities)
def test_each_has_one_partner_at_most_and_none_that_may_not_be(affinity: np.ndarray) -> None:
    pairs = assign(affinity)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(affinity[pair] > 0 for pair in pairs)


def test_the_best_single_pair_gives_way_to_the_better_sum() -> None:
    assert assign(np.array([[0.9, 0.8], [0.7, 0.1]])) == [(0, 1), (1, 0)]
