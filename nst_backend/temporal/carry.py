"""One painting carried to another frame, and where it may stand for that frame's own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..flow.consistency import IdArray, erode, same_ids
from ..flow.source import Motion
from ..image.channels import all_finite, largest
from ..image.warp import BoolArray, FloatArray, inside, warp
from .clip import clip_history
from .context import context_limit
from .options import StabiliserOptions
from .state import History

__all__ = ["Carried", "carry"]

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


def carry(
    source: History,
    styled: FloatArray,
    plate: FloatArray,
    motion: Motion,
    ids: IdArray | None,
    weight: FloatArray | None,
    options: StabiliserOptions,
) -> Carried:
    """``source.output`` along ``motion``, which leads from this frame back to ``source``.

    ``styled``, ``plate``, ``ids`` and ``weight`` are this frame's, as in
    :func:`~nst_backend.temporal.stabiliser.stabilise`.
    """
    usable = motion.valid & inside(motion.backward)
    if ids is not None and source.ids is not None:
        usable &= same_ids(ids, source.ids, motion.backward)
    if weight is not None:
        usable &= weight > 1 / 255
    if source.weight is not None:
        # Below half coverage the old picture is mostly what the region's edge was filled with.
        usable &= warp(source.weight, motion.backward) > 0.5
    picture = warp(source.output, motion.backward, method="spline")
    usable &= all_finite(picture) & all_finite(styled)
    mask = _mask(usable, _light_gate(plate, warp(_box5(source.plate), motion.backward), options))
    limit = context_limit(plate, source.plate, motion, options)
    radius = max(1, round(_SURROUNDINGS * styled.shape[0] / 1080))
    clipped = clip_history(picture, styled, radius)
    picture = np.asarray(clipped + limit[..., None] * (picture - clipped), dtype=np.float32)
    return Carried(picture, mask, limit)


def _light_gate(plate: FloatArray, carried: FloatArray, options: StabiliserOptions) -> FloatArray:
    """1 where the plate looks as it did, 0 where light, shadow or texture changed: flow does not carry those."""
    change = largest(np.abs(_box5(plate) - carried))
    x = np.clip((change - options.gate_from) / (options.gate_to - options.gate_from), 0, 1)
    return np.asarray(1 - x * x * (3 - 2 * x), dtype=np.float32)


def _mask(usable: BoolArray, gate: FloatArray) -> FloatArray:
    """gauss3(erode3(usable) · gate): soft by one pixel, and 0 wherever the history is unusable."""
    eroded = erode(usable, 3)
    return np.asarray(cv2.GaussianBlur(np.where(eroded, gate, np.float32(0)), (3, 3), 0), dtype=np.float32)


def _box5(picture: FloatArray) -> FloatArray:
    return np.asarray(cv2.blur(picture, (5, 5)), dtype=np.float32)
