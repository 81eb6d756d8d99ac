"""A region's own colour at its soft edges.

At a partly covered pixel the plate is a mix ``x = c F + (1 - c) B`` of the region
and what lies behind it. Styling the mix and laying it over the mix leaves a
fringe of the unstyled region. With ``F`` estimated, ``x + c (S(F) - F)`` is
``c S(F) + (1 - c) B``: the fringe is gone, and a network that changes nothing
still returns ``x`` exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..image.alpha import fill
from ..image.boxes import Box, bounding_box

__all__ = ["own_colour"]

Array = NDArray[np.float32]
PURE = 0.996
# Mixed pixels count where no pure ones are near.
FAINT = 1e-5
# A colour varies in proportion to itself; black by this much.
BLACK = 0.02


def own_colour(straight: Array, share: Array, visible_rest: Array) -> tuple[NDArray[np.bool_], Array] | None:
    """A region's colour continued over its soft edges.

    ``straight``: ``(H, W, 3)`` unpremultiplied. ``share``: ``(H, W)``, the
    region's part of each pixel, 0..1. ``visible_rest``: ``(H, W)``, how much
    unstyled plate shows in the pixel; where none does, nothing is to be cleaned.

    Returns which pixels ``(H, W)`` and their colours ``(N, 3)``, or None where
    no edge needs it. The colours explain the pixels: what lies behind is
    continued under the edge, and what the two do not account for is shared out
    between them (after Germer et al. 2020, "Fast Multi-Level Foreground
    Estimation"). So a shaded ball keeps its shading, and one that is blurred
    until no pixel is all its own is still told from its ground.
    """
    soft = (share > 0.0) & (share < PURE) & (visible_rest > 1.0 / 255.0)
    box = bounding_box(soft.astype(np.float32))
    if box is None:
        return None
    # The fill looks further than the edge itself for pure colour.
    window = box.grown(64, Box.whole(*share.shape)).slices
    mixed, covered, edge = straight[window], share[window], soft[window]
    behind = fill(mixed, np.where(covered <= 0.0, 1.0, FAINT * (1.0 - covered) ** 4).astype(np.float32))
    part = covered[edge][:, None]
    back = behind[edge]
    unmixed = mixed.copy()
    unmixed[edge] = np.maximum((mixed[edge] - (1.0 - part) * back) / part, 0.0)
    front = fill(unmixed, np.where(covered >= PURE, 1.0, FAINT * covered**4).astype(np.float32))[edge]
    return soft, _explained(mixed[edge], part, front, back)


def _explained(mixed: Array, part: Array, front: Array, back: Array) -> Array:
    """``front`` corrected so that ``part * front + (1 - part) * back`` comes near ``mixed``.

    The most likely colours where each channel of both varies in proportion to itself.
    """
    front_power = part * (front**2 + BLACK**2)
    back_power = (1.0 - part) * (back**2 + BLACK**2)
    missing = mixed - part * front - (1.0 - part) * back
    step = front_power / (part * front_power + (1.0 - part) * back_power)
    return np.asarray(np.maximum(front + step * missing, 0.0), np.float32)
