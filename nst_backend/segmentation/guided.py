"""The guided filter: a matte smoothed along the edges of a picture, not across them.

K. He, J. Sun, X. Tang, "Guided image filtering", PAMI 2013, with a colour guide.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..image.channels import total
from ..image.warp import FloatArray

__all__ = ["guided_filter"]


def guided_filter(guide: FloatArray, matte: FloatArray, *, radius: int, epsilon: float) -> FloatArray:
    """``matte`` ``(H, W)`` as a linear function of ``guide`` ``(H, W, 3)`` in squares of ``2 radius + 1`` pixels.

    ``epsilon``: the variance of the guide, in 0..1, below which a square counts as
    flat. The result may leave the range of ``matte`` by a little.
    """
    mean_guide, mean_matte = _mean(guide, radius), _mean(matte, radius)
    covariance = _mean(guide * matte[..., None], radius) - mean_guide * mean_matte[..., None]
    slope = _solved(_variances(guide, mean_guide, radius, epsilon), covariance)
    offset = mean_matte - total(slope * mean_guide)
    return np.asarray(total(_mean(slope, radius) * guide) + _mean(offset, radius), np.float32)


def _mean(picture: FloatArray, radius: int) -> FloatArray:
    return np.asarray(cv2.blur(picture, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT), np.float32)


def _variances(guide: FloatArray, mean: FloatArray, radius: int, epsilon: float) -> list[FloatArray]:
    """The upper triangle of the covariance matrix of the guide: rr, rg, rb, gg, gb, bb."""
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    return [
        _mean(guide[..., one] * guide[..., other], radius)
        - mean[..., one] * mean[..., other]
        + np.float32(epsilon if one == other else 0)
        for one, other in pairs
    ]


def _solved(matrix: list[FloatArray], right: FloatArray) -> FloatArray:
    """Cramer's rule, pixel by pixel."""
    rr, rg, rb, gg, gb, bb = matrix
    rows = (
        (gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb),
        (gb * rb - rg * bb, rr * bb - rb * rb, rb * rg - rr * gb),
        (rg * gb - gg * rb, rb * rg - rr * gb, rr * gg - rg * rg),
    )
    determinant = rr * rows[0][0] + rg * rows[0][1] + rb * rows[0][2]
    solved = [sum(cofactor * right[..., index] for index, cofactor in enumerate(row)) / determinant for row in rows]
    return np.stack(solved, axis=-1).astype(np.float32)
