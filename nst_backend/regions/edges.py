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
FAINT = 1e-5


def own_colour(straight: Array, share: Array, visible_rest: Array) -> tuple[NDArray[np.bool_], Array] | None:
    """A region's colour continued over its soft edges.

    ``straight``: ``(H, W, 3)`` unpremultiplied. ``share``: ``(H, W)``, the
    region's part of each pixel, 0..1. ``visible_rest``: ``(H, W)``, how much
    unstyled plate shows in the pixel; where none does, nothing is to be cleaned.

    Returns which pixels ``(H, W)`` and their colours ``(N, 3)``, or None where
    no edge needs it. Thin structures without a pure pixel nearby take the colour
    of their best covered pixels.
    """
    soft = (share > 0.0) & (share < PURE) & (visible_rest > 1.0 / 255.0)
    box = bounding_box(soft.astype(np.float32))
    if box is None:
        return None
    # The fill looks further than the edge itself for pure colour.
    window = box.grown(64, Box.whole(*share.shape)).slices
    covered = share[window]
    weight = np.where(covered >= PURE, 1.0, FAINT * covered**4).astype(np.float32)
    return soft, fill(straight[window], weight)[soft[window]]
