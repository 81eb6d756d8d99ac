"""How many frames to paint before the first that counts."""

from __future__ import annotations

import math

from .options import StabiliserOptions

__all__ = ["preroll_frames"]


def preroll_frames(smoothing: float) -> int:
    """Frames until what the start left in the history weighs less than 1/255.

    ``smoothing`` 0..1. After n frames the start weighs aⁿ with a the greatest
    share of history: 0 frames at 0, 8 at 0.5, 53 at 0.9. A chunk that begins so
    many frames early agrees with the whole shot to the eye and to 8 bits.

    Raises :class:`~nst_backend.contract.errors.UsageError` outside 0..1.
    """
    share = StabiliserOptions(smoothing=smoothing).exact().fine
    if share == 0:
        return 0
    return math.floor(math.log(1 / 255) / math.log(share)) + 1
