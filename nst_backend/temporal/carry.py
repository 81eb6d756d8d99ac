"""One painting carried to another frame, and where it may stand for that frame's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ..flow.consistency import erode
from ..flow.source import Motion
from ..image.channels import all_finite, largest, spread
from ..image.spline import Spline
from ..image.warp import BoolArray, Ends, FloatArray
from .clip import clip_range
from .context import context_limit, plate_cells
from .options import StabiliserOptions
from .state import History

__all__ = ["Carried", "Surface", "carry"]

# How far around a pixel its strokes are looked at, in pixels of a frame of 1080 lines.
_SURROUNDINGS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """The other frame's painting ``(H, W, 3)``, at this frame's pixels.

    ``mask`` ``(H, W)`` 0..1: where the same styled surface is seen in the same
    light; 0 wherever it is not. ``limit`` ``(H, W)`` 0..1: the greatest share that
    leaves no trail (see :func:`~nst_backend.temporal.context.context_limit`); by
    as much as it is short of 1 the picture is clipped to what is painted here now.
    """

    picture: FloatArray
    mask: FloatArray
    limit: FloatArray


class Surface:
    """A painted frame, as one that is carried and as one that others are carried to.

    What either needs of it alone is worked out once, when it is first needed.
    """

    def __init__(self, frame: History, options: StabiliserOptions) -> None:
        self.frame = frame
        self.options = options

    def ready(self) -> None:
        """Work out what carries to this frame need of it, before several at a time ask for it."""
        _ = self.smooth, self.cells, self.range, self.styled

    @cached_property
    def curve(self) -> Spline:
        """The painting, to be read between its pixels."""
        return Spline(self.frame.output)

    @cached_property
    def smooth(self) -> FloatArray:
        """The plate without its grain."""
        return np.asarray(cv2.blur(self.frame.plate, (5, 5)), dtype=np.float32)

    @cached_property
    def cells(self) -> FloatArray:
        """The plate, to be asked for a pixel's surroundings."""
        return plate_cells(self.frame.plate, self.options)

    @cached_property
    def range(self) -> tuple[FloatArray, FloatArray]:
        """What is painted around each pixel: the least and the greatest."""
        output = self.frame.output
        return clip_range(output, max(1, round(_SURROUNDINGS * output.shape[0] / 1080)))

    @cached_property
    def styled(self) -> BoolArray:
        """Where there is a painting."""
        weight = self.frame.weight
        finite = all_finite(self.frame.output)
        return finite if weight is None else finite & (weight > 1 / 255)


def carry(source: Surface, here: Surface, motion: Motion) -> Carried:
    """The painting of ``source`` along ``motion``, which leads back to it from the frame that is ``here``."""
    old, new, options = source.frame, here.frame, here.options
    ends = Ends(motion.backward)
    usable = motion.valid & ends.inside & here.styled
    if new.ids is not None and old.ids is not None:
        usable &= new.ids == ends.nearest(old.ids)
    if old.weight is not None:
        # Below half coverage the old picture is mostly what the region's edge was filled with.
        usable &= ends.linear(old.weight) > 0.5
    picture = ends.spline(source.curve)
    usable &= all_finite(picture)
    mask = _mask(usable, _light_gate(here.smooth, ends.linear(source.smooth), options))
    limit = context_limit(here.cells, source.cells, motion, options)
    if (limit < 1).any():
        clipped = np.clip(picture, *here.range)
        picture -= clipped
        picture *= spread(limit)
        picture += clipped
    return Carried(picture, mask, limit)


def _light_gate(plate: FloatArray, carried: FloatArray, options: StabiliserOptions) -> FloatArray:
    """1 where the plate looks as it did, 0 where light, shadow or texture changed: flow does not carry those."""
    change = largest(np.abs(plate - carried))
    x = np.clip((change - options.gate_from) / (options.gate_to - options.gate_from), 0, 1)
    return np.asarray(1 - x * x * (3 - 2 * x), dtype=np.float32)


def _mask(usable: BoolArray, gate: FloatArray) -> FloatArray:
    """gauss3(erode3(usable) · gate): soft by one pixel, and 0 wherever the history is unusable."""
    eroded = erode(usable, 3)
    return np.asarray(cv2.GaussianBlur(np.where(eroded, gate, np.float32(0)), (3, 3), 0), dtype=np.float32)
