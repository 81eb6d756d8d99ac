"""Which region a pixel is painted as, where one pass paints several."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["full_shares"]

Array = NDArray[np.float32]


def full_shares(weights: Sequence[Array]) -> Array:
    """Region weights ``(H, W)`` each, stretched to sum to 1 everywhere: ``(H, W, R)``.

    A pixel that no region covers is painted as the nearest one, so that a region
    is surrounded by its own style, as in a pass of its own.
    """
    stack = np.stack(weights, axis=-1)
    total = stack.sum(axis=-1)
    covered = total > 0.0
    shares = np.where(covered[:, :, None], stack / np.where(covered, total, 1.0)[:, :, None], 0.0).astype(np.float32)
    if covered.all() or not covered.any():
        shares[~covered, 0] = 1.0
        return shares
    _, labels = cv2.distanceTransformWithLabels(
        (~covered).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    strongest = np.argmax(stack, axis=-1)
    region_of_label = np.zeros(int(labels.max()) + 1, np.intp)
    region_of_label[labels[covered]] = strongest[covered]
    rows, columns = np.nonzero(~covered)
    shares[rows, columns, region_of_label[labels[rows, columns]]] = 1.0
    return shares
