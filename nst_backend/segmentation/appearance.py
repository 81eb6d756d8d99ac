"""What a thing looks like: the colours within its mask.

Histograms in CIE L*a*b*, finer in hue than in lightness, which shadows change;
alike by Bhattacharyya's coefficient, as in D. Comaniciu, V. Ramesh, P. Meer,
"Kernel-based object tracking", PAMI 2003.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..image.boxes import Box
from .detection import Picture

__all__ = ["BINS", "Histogram", "colour_bins", "histogram", "likeness"]

Histogram = NDArray[np.float32]
"""``(BINS,)`` float32, square roots of parts that sum to 1; all 0 where nothing was seen."""

_LIGHTNESS, _HUE = 6, 12
BINS = _LIGHTNESS * _HUE * _HUE
# Beyond 60 units of a* and b* lie few colours, which share the outermost bins.
_REACH = 60.0


def colour_bins(picture: Picture) -> NDArray[np.int16]:
    """``(H, W)``: the bin of each pixel."""
    lab = cv2.cvtColor(np.clip(picture, 0, 1), cv2.COLOR_RGB2Lab)
    lightness = np.clip(lab[..., 0] * (_LIGHTNESS / 100), 0, _LIGHTNESS - 1).astype(np.int16)
    a, b = (
        np.clip((lab[..., index] + _REACH) * (_HUE / (2 * _REACH)), 0, _HUE - 1).astype(np.int16) for index in (1, 2)
    )
    return np.asarray((lightness * _HUE + a) * _HUE + b)


def histogram(bins: NDArray[np.int16], box: Box, inside: NDArray[np.bool_]) -> Histogram:
    """The colours of ``bins`` within a box, where ``inside`` ``(height, width)`` holds.

    Blurred by one bin, so that a colour at the border of two does not jump.
    """
    counts = np.bincount(bins[box.slices][inside], minlength=BINS).astype(np.float32)
    cube: NDArray[np.float32] = counts.reshape(_LIGHTNESS, _HUE, _HUE)
    for axis in range(3):
        padded = np.pad(cube, [(1, 1) if other == axis else (0, 0) for other in range(3)], mode="edge")
        low, high = (np.take(padded, range(start, start + cube.shape[axis]), axis) for start in (0, 2))
        cube = np.asarray((low + 2 * cube + high) / 4, np.float32)
    return np.asarray(np.sqrt(cube.ravel() / max(float(cube.sum()), 1e-6)), np.float32)


def likeness(ones: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(N, BINS)`` and ``(M, BINS)`` to ``(N, M)``: 1 for the same colours, 0 for none in common."""
    return np.asarray(np.clip(ones @ others.T, 0, 1), np.float32)
