"""The history held within what is painted around each pixel now.

Variance clipping of temporal antialiasing: M. Salvi, "An Excursion in Temporal
Supersampling", GDC 2016; B. Karis, "High Quality Temporal Supersampling",
SIGGRAPH 2014. An outline that has gone lies outside the range of the strokes
that took its place and is cut off; flicker lies within it and stays.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..image.channels import finite
from ..image.warp import FloatArray

__all__ = ["clip_range"]


def clip_range(painting: FloatArray, radius: int) -> tuple[FloatArray, FloatArray]:
    """Mean ± deviation of ``painting`` over squares of ``2 · radius + 1`` pixels, ``(H, W, 3)`` each.

    Display-referred, each channel by itself. The range always takes in the
    painting's own value, so that a history equal to it is returned bit for bit.
    Pixels of the painting that are not finite count as 0, and the range there
    means nothing.
    """
    painting = finite(painting)
    square = (2 * radius + 1, 2 * radius + 1)
    mean = cv2.blur(painting, square)
    deviation = np.sqrt(np.maximum(cv2.blur(painting * painting, square) - mean * mean, 0))
    return np.minimum(mean - deviation, painting), np.maximum(mean + deviation, painting)
