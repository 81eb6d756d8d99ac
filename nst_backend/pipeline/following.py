"""What an optimised painting starts from: that of the frame before, moved to where its things are now.

Source: Ruder, Dosovitskiy, Brox 2016, "Artistic style transfer for videos".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError
from ..contract.messages import Reporter
from ..engines.optimise.still import Before
from ..flow.source import Motion
from ..image.channels import finite
from ..image.resample import resize
from ..image.warp import inside, warp
from .motion import ShotMotion
from .shot import Shot
from .working import WorkingFrame

__all__ = ["Following", "FramePaintings"]

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FramePaintings:
    """A frame's optimised paintings by region: each the whole frame at its grid, ``(h, w, 3)`` sRGB in 0..1."""

    number: int
    regions: Mapping[str, Array]


class Following:
    """Remembers the paintings of the frame that was painted last, from one thread.

    ``starts``: the frames at which that is replaced, by the paintings of an earlier run or by none.
    """

    def __init__(
        self, shot: Shot, reporter: Reporter, starts: Mapping[int, FramePaintings | None] | None = None
    ) -> None:
        self.shot = shot
        self.last: FramePaintings | None = None
        self._starts = starts or {}
        self._motion = ShotMotion(shot, reporter) if shot.follows else None

    def before(self, working: WorkingFrame) -> Mapping[str, Before]:
        """What each region starts from in this frame; a region that is not here starts anew."""
        if self._motion is None:
            return {}
        if working.number in self._starts:
            self.last = self._starts[working.number]
        last = self.last
        if last is None or last.number != self._number_before(working.number):
            return {}
        try:
            previous = self.shot.working(self.shot.read_frame(last.number))
        except InputError:
            return {}
        motion = self._motion.between(previous, working)
        return {} if motion is None else {name: _moved(picture, motion) for name, picture in last.regions.items()}

    def remember(self, paintings: FramePaintings) -> None:
        """These are the last now."""
        self.last = paintings

    def _number_before(self, number: int) -> int | None:
        numbers = self.shot.numbers
        place = numbers.index(number) if number in numbers else 0
        return numbers[place - 1] if place else None


def _moved(picture: Array, motion: Motion) -> Before:
    """A painting ``(h, w, 3)`` along a motion of another size."""
    height, width = picture.shape[:2]
    rows, columns = motion.backward.shape[:2]
    flow = resize(finite(motion.backward), (width, height))
    flow = np.asarray(flow * np.array((width / columns, height / rows), np.float32), np.float32)
    valid = motion.valid.astype(np.float32)
    if valid.shape != (height, width):
        valid = np.asarray(cv2.resize(valid, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    # Where a part of what a pixel covers does not hold, it starts anew.
    holds = (valid > 0.999) & inside(flow)
    return Before(np.clip(warp(picture, flow, method="spline"), 0.0, 1.0), holds.astype(np.float32))
