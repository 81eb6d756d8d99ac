"""Alpha: taking premultiplied pictures apart, and filling what cannot be seen."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["fill", "unpremultiply"]

Array = NDArray[np.float32]
THRESHOLD = 1.0 / 255.0


def fill(picture: Array, weight: Array) -> Array:
    """Continue a picture into the pixels that carry no weight.

    ``picture``: ``(H, W, C)``; ``weight``: ``(H, W)`` in 0..1. Pixels of weight 1
    keep their value bit for bit; the others are drawn from the nearest known
    ones, in proportion to their weight, by push-pull over a pyramid (Gortler et
    al. 1996, "The Lumigraph"). All zero weight gives zeros. Pixels that are not
    finite tell nothing about others.
    """
    known = weight >= 1.0
    if known.all():
        return picture
    levels: list[tuple[Array, Array]] = []
    share = np.where(np.isfinite(picture).all(axis=2), weight, 0.0).astype(np.float32)
    colour = np.where(share[:, :, None] > 0.0, picture, 0.0).astype(np.float32) * share[:, :, None]
    while max(share.shape) > 1 and float(share.min()) < 1.0:
        levels.append((colour, share))
        size = (max(1, (share.shape[1] + 1) // 2), max(1, (share.shape[0] + 1) // 2))
        colour = _halve(colour, size)
        share = _halve(share, size)
        # A coarse pixel with any known part counts as known.
        gain = np.where(share > 0, np.minimum(1.0, share * 4.0) / np.maximum(share, 1e-12), 0.0).astype(np.float32)
        colour, share = colour * gain[:, :, None], share * gain
    result = colour / np.maximum(share, 1e-12)[:, :, None] * (share > 0)[:, :, None]
    for fine, fine_share in reversed(levels):
        size = (fine_share.shape[1], fine_share.shape[0])
        coarse = cv2.resize(result, size, interpolation=cv2.INTER_LINEAR).reshape(fine.shape)
        result = fine + (1.0 - fine_share)[:, :, None] * coarse
    return np.where(known[:, :, None], picture, result).astype(np.float32)


def _halve(values: Array, size: tuple[int, int]) -> Array:
    blurred = cv2.GaussianBlur(values, (5, 5), 1.0, borderType=cv2.BORDER_REFLECT_101)
    halved = cv2.resize(blurred, size, interpolation=cv2.INTER_AREA)
    return halved.reshape((size[1], size[0], *values.shape[2:]))


def unpremultiply(rgb: Array, alpha: Array | None) -> Array:
    """Premultiplied ``(H, W, 3)`` over ``(H, W)`` alpha to straight colour.

    Where alpha is under 1/255 the colour is continued from the neighbours.
    """
    if alpha is None:
        return rgb
    seen = alpha >= THRESHOLD
    if bool((alpha == 1.0).all()):
        return rgb
    straight = (rgb / np.where(seen, alpha, 1.0)[:, :, None]).astype(np.float32)
    return straight if seen.all() else fill(straight, seen.astype(np.float32))
