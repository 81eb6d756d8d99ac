"""What a thing looks like: the colours within its mask.

Histograms, alike by Bhattacharyya's coefficient, as in D. Comaniciu, V. Ramesh,
P. Meer, "Kernel-based object tracking", PAMI 2003.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..image.boxes import Box
from .colours import BINS, SHAPE, blurred

__all__ = ["Histogram", "histogram", "likeness"]

Histogram = NDArray[np.float32]
"""``(BINS,)`` float32, square roots of parts that sum to 1; all 0 where nothing was seen."""


def histogram(bins: NDArray[np.int32], box: Box, inside: NDArray[np.bool_]) -> Histogram:
    """The colours of ``bins`` ``(H, W)`` within a box, where ``inside`` ``(height, width)`` holds."""
    counts = np.bincount(bins[box.slices][inside], minlength=BINS).astype(np.float32).reshape(SHAPE)
    for axis in range(counts.ndim):
        counts = blurred(counts, axis)
    return np.asarray(np.sqrt(counts.ravel() / max(float(counts.sum()), 1e-6)), np.float32)


def likeness(ones: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(N, BINS)`` and ``(M, BINS)`` to ``(N, M)``: 1 for the same colours, 0 for none in common."""
    return np.asarray(np.clip(ones @ others.T, 0, 1), np.float32)
