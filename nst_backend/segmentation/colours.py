"""Colours in bins of CIE L*a*b*, for counting them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .detection import Picture

__all__ = ["BINS", "SHAPE", "blurred", "colour_bins"]

# Hue tells things apart; lightness changes within one.
SHAPE = (8, 16, 16)
BINS = SHAPE[0] * SHAPE[1] * SHAPE[2]
# Beyond 60 units of a* and b* lie few colours, which share the outermost bins.
_REACH = 60.0


def colour_bins(picture: Picture) -> NDArray[np.int32]:
    """``(H, W)``: the bin of each pixel, 0 to ``BINS - 1``."""
    lab = cv2.cvtColor(np.clip(picture, 0, 1), cv2.COLOR_RGB2Lab)
    lightness = np.clip(lab[..., 0] * (SHAPE[0] / 100), 0, SHAPE[0] - 1).astype(np.int32)
    a, b = (
        np.clip((lab[..., axis] + _REACH) * (SHAPE[axis] / (2 * _REACH)), 0, SHAPE[axis] - 1).astype(np.int32)
        for axis in (1, 2)
    )
    return np.asarray((lightness * SHAPE[1] + a) * SHAPE[2] + b)


def blurred(counts: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Each bin with a quarter of its neighbours along ``axis``, so that what lies on a border of two does not jump."""
    total = 2 * counts
    lower, upper = (_part(total.ndim, axis, part) for part in (slice(None, -1), slice(1, None)))
    first, last = (_part(total.ndim, axis, part) for part in (slice(None, 1), slice(-1, None)))
    total[lower] += counts[upper]
    total[upper] += counts[lower]
    total[first] += counts[first]
    total[last] += counts[last]
    return np.asarray(total / 4, np.float32)


def _part(axes: int, axis: int, part: slice) -> tuple[slice, ...]:
    return tuple(part if index == axis else slice(None) for index in range(axes))
