"""Where one shot ends and another begins."""

from __future__ import annotations

import numpy as np

from ..image.channels import finite, total
from ..image.warp import FloatArray, inside, warp
from .source import Motion

__all__ = ["LEAST_CHANGE", "is_cut"]

LEAST_CHANGE = 0.15
"""Mean change of a plate, of display-referred 0..1, that counts as a cut."""


def is_cut(plate: FloatArray, before: FloatArray, motion: Motion, *, least: float = LEAST_CHANGE) -> bool:
    """Whether the plate changed as a whole: mean |x − W x₋₁| above ``least``.

    Both display-referred ``(H, W, 3)``, ``motion`` that between them.
    """
    # At the frame's edge there is nothing to compare.
    seen = inside(motion.backward)
    change = total(np.abs(finite(plate) - finite(warp(before, motion.backward)))) / plate.shape[-1]
    return bool(seen.any() and change[seen].mean() > least)
