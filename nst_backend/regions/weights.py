"""How regions share out a pixel: front to back, each takes what is left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..image.boxes import bounding_box

__all__ = ["TOLERANCE", "partition", "remainder"]

TOLERANCE = 1e-6
"""What is left of a pixel below this is nothing: coverages are sums of float32."""

# Pixels shared out at a time: every step finds them in the processor's cache.
_CHUNK = 1 << 15


def partition(coverages: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Weights ``w_i = min(c_i, 1 - sum of w_j in front)``, the first region in front.

    ``coverages`` are ``(H, W)`` float32 in 0..1, all of one size; so are the
    weights. Their exact sum is at most 1. It is not ``over``: two regions
    whose coverages add up to 1 on a shared antialiased edge, within
    :data:`TOLERANCE`, leave no plate between them.
    """
    if len({coverage.shape for coverage in coverages}) > 1:
        raise ValueError("coverages differ in size")
    if not coverages:
        return []
    # 1 - c is exact in float64 for every float32 that matters.
    left = np.ones(coverages[0].shape, np.float64)
    weights = []
    for coverage in coverages:
        weight = np.zeros(coverage.shape, np.float32)
        box = bounding_box(coverage)
        if box is not None:
            lines = max(1, _CHUNK // box.width)
            for top in range(box.top, box.bottom, lines):
                part = slice(top, min(top + lines, box.bottom)), slice(box.left, box.right)
                _take(coverage[part], left[part], weight[part])
        weights.append(weight)
    return weights


def _take(coverage: NDArray[np.float32], left: NDArray[np.float64], weight: NDArray[np.float32]) -> None:
    """What a region takes of what is left, into ``weight``."""
    all_of_it = (coverage > 0) & (coverage >= left - TOLERANCE)
    np.copyto(weight, coverage)
    np.copyto(weight, _round_down(left), where=all_of_it)
    left -= weight
    left[all_of_it] = 0.0


def remainder(weights: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The plate's own weight ``1 - sum(w)``, ``(H, W)`` float32; exactly 0 below :data:`TOLERANCE`.

    At least one weight must be given.
    """
    left = np.ones(weights[0].shape, np.float64)
    for weight in weights:
        left -= weight
    left[left <= TOLERANCE] = 0.0
    return left.astype(np.float32)


def _round_down(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above, for values of 0 or more."""
    rounded = values.astype(np.float32)
    above = rounded > values
    if above.any():
        rounded[above] = np.nextafter(rounded[above], np.float32(0))
    return rounded
