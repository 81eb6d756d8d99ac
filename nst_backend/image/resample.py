"""Changing a picture's size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["resize"]

Array = NDArray[np.float32]


def resize(picture: Array, size: tuple[int, int]) -> Array:
    """``(H, W[, C])`` to ``size`` (width, height): area average down, cubic up.

    The same array comes back where the size is the same already.
    """
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    smaller = size[0] * size[1] < width * height
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return resized.reshape((size[1], size[0], *picture.shape[2:]))
