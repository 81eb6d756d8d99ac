"""The mattes of a shot as a stream, steadied and fitted to the plate on their way.

A stage holds a frame and those beside it, so that a long shot needs no more
memory than a short one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..image.boxes import Box
from ..mattes.source import Coverage
from .detection import Picture
from .refining import refine
from .smoothing import Mattes, Neighbour, smooth

__all__ = ["MatteFrames", "MattesOfFrame", "exclusive", "fitted", "steadied"]

# What is less is nothing: half a step of eight bits.
_NOTHING = 0.5 / 255


@dataclass(frozen=True, kw_only=True, eq=False)
class MattesOfFrame:
    """A frame on its way: its mattes, and the ways to the frames beside it; None where they show another scene."""

    index: int
    picture: Picture
    mattes: Mattes
    before: Neighbour | None
    after: Neighbour | None


MatteFrames = Iterator[MattesOfFrame]


def steadied(frames: MatteFrames, strength: float) -> MatteFrames:
    """Each frame's mattes averaged with those beside it, along the flow."""
    earlier: MattesOfFrame | None = None
    frame = next(frames, None)
    while frame is not None:
        later = next(frames, None)
        sides = [(frame.before, earlier), (frame.after, later)]
        beside = [(way, other.mattes) for way, other in sides if way is not None and other is not None]
        whole = Box.whole(*frame.picture.shape[:2])
        yield replace(frame, mattes=smooth(frame.mattes, beside, whole, strength=strength))
        earlier, frame = frame, later


def fitted(frames: MatteFrames) -> MatteFrames:
    """Each frame's mattes refined to its picture."""
    for frame in frames:
        refined = {identity: refine(frame.picture, *matte) for identity, matte in frame.mattes.items()}
        yield replace(frame, mattes=refined)


def exclusive(mattes: Mattes, order: tuple[int, ...], size: tuple[int, int]) -> dict[int, tuple[Box, Coverage]]:
    """Mattes that share no pixel beyond its whole: each takes what those before it in ``order`` leave.

    ``size`` is (height, width) of the frame. What is empty in the end is left out.
    """
    free = np.ones(size, np.float32)
    result = {}
    for identity in order:
        if identity not in mattes:
            continue
        box, coverage = mattes[identity]
        taken = np.minimum(np.where(coverage < _NOTHING, 0, coverage), free[box.slices]).astype(np.float32)
        if taken.any():
            free[box.slices] -= taken
            result[identity] = (box, taken)
    return result
