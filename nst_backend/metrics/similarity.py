"""How much of the plate's structure a painting keeps."""

from __future__ import annotations

import cv2
import numpy as np

from ..contract.errors import InputError
from ..image.luma import luma
from ..image.warp import BoolArray, FloatArray

__all__ = ["ssim"]

# The constants of the paper, for values in 0..1.
_LUMINANCE, _CONTRAST = 0.01**2, 0.03**2
_SIGMA, _RADIUS = 1.5, 5


def ssim(picture: FloatArray, plate: FloatArray, *, where: BoolArray | None = None) -> float | None:
    """Structural similarity of the luma of two display-referred ``(H, W, 3)`` pictures; 1 for equal ones.

    The mean of the map of Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image quality assessment: from error visibility
    to structural similarity", IEEE TIP 2004: a Gaussian window of 11 x 11 with σ = 1.5, its borders
    left out. ``where`` ``(H, W)`` narrows the mean; None where nothing is left of it.

    Raises :class:`InputError` where the sizes differ.
    """
    if picture.shape != plate.shape:
        raise InputError(f"pictures of {picture.shape} and {plate.shape} cannot be compared", remedy="give one size")
    # The difference of two means of squares loses half of float32's digits.
    x, y = (luma(entry).astype(np.float64) for entry in (picture, plate))
    side = 2 * _RADIUS + 1
    mx, my, xx, yy, xy = (cv2.GaussianBlur(v, (side, side), _SIGMA) for v in (x, y, x * x, y * y, x * y))
    vx, vy, cov = xx - mx * mx, yy - my * my, xy - mx * my
    found = ((2 * mx * my + _LUMINANCE) * (2 * cov + _CONTRAST)) / (
        (mx * mx + my * my + _LUMINANCE) * (vx + vy + _CONTRAST)
    )
    inner = (slice(_RADIUS, -_RADIUS),) * 2
    counted = found[inner] if where is None else found[inner][where[inner]]
    return float(counted.mean()) if counted.size else None
