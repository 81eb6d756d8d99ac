"""How much of the strokes is left.

A stability score alone can be bought with blur, so it is never shown without
this one. One scale misleads: at 0 px it sees the grain of the pixel grid, at
2 px the strokes.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..contract.errors import InputError
from ..image.luma import luma
from ..image.warp import BoolArray, FloatArray

__all__ = ["SCALES", "log_energy", "sharpness_kept"]

SCALES = (0.0, 1.0, 2.0)


def log_energy(picture: FloatArray, sigma: float, *, where: BoolArray | None = None) -> float:
    """Mean |LoG_σ| of the luma of a display-referred ``(H, W, 3)`` picture; σ in pixels, 0 is the bare Laplacian."""
    grey = luma(picture)
    if sigma > 0:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), dtype=np.float32)
    edges = np.abs(cv2.Laplacian(grey, cv2.CV_32F, ksize=1))
    kept = edges if where is None else edges[where]
    return float(kept.mean(dtype=np.float64)) if kept.size else 0.0


def sharpness_kept(output: FloatArray, raw: FloatArray, sigma: float, *, where: BoolArray | None = None) -> float:
    """:func:`log_energy` of ``output`` over that of ``raw``, the same network's unstabilised frame; 1 is all of it.

    Raises :class:`InputError` where the sizes differ.
    """
    if output.shape != raw.shape:
        raise InputError(f"pictures of {output.shape} and {raw.shape} cannot be compared", remedy="give one size")
    reference = log_energy(raw, sigma, where=where)
    return log_energy(output, sigma, where=where) / reference if reference else 1.0
