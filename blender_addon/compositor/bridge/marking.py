"""A picture that no one takes for a frame: what stands where styling failed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["failure_mark"]

_MAGENTA = (1.0, 0.0, 1.0, 1.0)
_BLACK = (0.0, 0.0, 0.0, 1.0)
_BANDS = 12
"""Bands of either colour from the top to the bottom of a frame."""


def failure_mark(width: int, height: int) -> NDArray[np.float32]:
    """Diagonal bands of magenta and black, ``(H, W, 4)``, opaque."""
    band = max(2, height // _BANDS)
    rows, columns = np.ogrid[0:height, 0:width]
    odd = ((rows + columns) // band) % 2 == 1
    return np.where(odd[..., None], np.asarray(_MAGENTA, np.float32), np.asarray(_BLACK, np.float32))
