"""Who goes with whom: pairs of the greatest total.

Shortest augmenting paths. R. Jonker, A. Volgenant, "A shortest augmenting path
algorithm for dense and sparse linear assignment problems", Computing 38, 1987.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["assign"]


def assign(affinity: NDArray[np.floating]) -> list[tuple[int, int]]:
    """Pairs (row, column), each in at most one, whose affinities have the greatest sum.

    ``affinity`` ``(rows, columns)``: 0 or less where the two may not be paired.
    """
    if affinity.size == 0:
        return []
    if affinity.shape[0] > affinity.shape[1]:
        return sorted((row, column) for column, row in assign(affinity.T))
    # To stay alone costs as much as a pair that may not be: nothing.
    cost = -np.maximum(affinity, 0).astype(np.float64)
    owner = _solve(cost)
    return sorted((int(row), column) for column, row in enumerate(owner) if row >= 0 and affinity[row, column] > 0)


def _solve(cost: NDArray[np.float64]) -> NDArray[np.intp]:
    """The row of each column, or −1, at the least cost; no more rows than columns."""
    rows, columns = cost.shape
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    owner = np.full(columns, -1, np.intp)
    for start in range(rows):
        distance = np.full(columns, np.inf)
        before = np.full(columns, -1, np.intp)
        done = np.zeros(columns, np.bool_)
        row, column, reached = start, -1, 0.0
        while row >= 0:
            through = reached + cost[row] - row_price[row] - column_price
            shorter = ~done & (through < distance)
            distance[shorter], before[shorter] = through[shorter], column
            column = int(np.argmin(np.where(done, np.inf, distance)))
            done[column] = True
            reached, row = float(distance[column]), int(owner[column])
        settled = np.flatnonzero(done)
        row_price[start] += reached
        for other in settled:
            if owner[other] >= 0:
                row_price[owner[other]] += reached - distance[other]
        column_price[settled] += distance[settled] - reached
        while column >= 0:
            previous = int(before[column])
            owner[column] = start if previous < 0 else owner[previous]
            column = previous
    return owner
