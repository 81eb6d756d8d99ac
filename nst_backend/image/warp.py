"""Resampling a picture along a flow field.

Everything here is *backward* warping: the flow is sampled at the result's
pixels and says where in the source each of them comes from, so no pixel of the
result stays empty and none is written twice.

A flow vector that is not finite means "unknown". It never reaches a picture as
a NaN: the warp reads its own pixel there and :func:`inside` says that the value
means nothing.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from ..contract.errors import UsageError
from .channels import all_finite, finite
from .spline import Spline

__all__ = ["BoolArray", "Ends", "FloatArray", "Method", "compose", "inside", "sample_nearest", "warp"]

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
Method = Literal["linear", "spline"]
Scalar = TypeVar("Scalar", bound=np.generic)

# cv2.remap addresses its source with signed 16-bit integers.
_LARGEST_SIDE = 32767


class Ends:
    """Where the vectors of a flow end in a picture: what every reading along it needs, worked out once.

    ``flow`` is ``(h, w, 2)`` in pixels of a picture of ``size`` (height, width), by default the flow's own, x
    right and y down. ``inside`` ``(h, w)`` bool: where ``p + flow(p)`` is known and within the pixel centres
    of the picture. Unknown vectors read their own pixel, those that end outside the nearest edge.

    Raises :class:`UsageError` for shapes that do not fit.
    """

    def __init__(self, flow: FloatArray, size: tuple[int, int] | None = None) -> None:
        if flow.ndim != 3 or flow.shape[2] != 2:
            raise UsageError(f"a flow field must be (H, W, 2), not {flow.shape}", remedy="give x and y for every pixel")
        self.size = height, width = size or flow.shape[:2]
        if max(self.size) > _LARGEST_SIDE or max(flow.shape[:2]) > _LARGEST_SIDE:
            raise UsageError(
                f"a picture of {width} x {height} is too large to warp",
                remedy=f"keep each side below {_LARGEST_SIDE + 1} pixels",
            )
        rows, columns = flow.shape[:2]
        known = all_finite(flow)
        right, down = flow[..., 0], flow[..., 1]
        if not known.all():
            right, down = np.where(known, right, np.float32(0)), np.where(known, down, np.float32(0))
        x = np.arange(columns, dtype=np.float32)[None, :] + right
        y = np.arange(rows, dtype=np.float32)[:, None] + down
        self.inside: BoolArray = known & (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        # Holding the coordinate rather than extending the picture keeps long kernels from ringing into the border.
        self._x, self._y = np.clip(x, 0, width - 1, out=x), np.clip(y, 0, height - 1, out=y)

    def linear(self, picture: FloatArray) -> FloatArray:
        """``picture`` ``(H, W)`` or ``(H, W, C)`` there, read bilinearly: it never leaves the range of the source."""
        self._check(picture)
        source = np.ascontiguousarray(picture, dtype=np.float32)
        if source.ndim == 2 or source.shape[2] <= 4:
            out = cv2.remap(source, self._x, self._y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            return np.asarray(out, dtype=np.float32).reshape(self._x.shape + source.shape[2:])
        return np.concatenate([self.linear(source[..., i : i + 4]) for i in range(0, source.shape[2], 4)], axis=-1)

    def spline(self, curve: Spline) -> FloatArray:
        """The picture of ``curve`` there: strokes stay sharp, and may overshoot at edges (see :mod:`.spline`)."""
        self._check(curve.picture)
        return curve.at(self._x, self._y)

    def nearest(self, picture: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """``picture`` at the nearest pixel, of any dtype; for ids and masks."""
        self._check(picture)
        return np.asarray(picture.reshape(-1, *picture.shape[2:])[self._nearest])

    @cached_property
    def _nearest(self) -> npt.NDArray[np.intp]:
        # floor(x + 1/2) rather than rint: a half must fall the same way at even and odd pixels.
        rows, columns = np.floor(self._y + 0.5).astype(np.intp), np.floor(self._x + 0.5).astype(np.intp)
        rows, columns = np.minimum(rows, self.size[0] - 1), np.minimum(columns, self.size[1] - 1)
        return np.asarray(rows * self.size[1] + columns, np.intp)

    def _check(self, picture: npt.NDArray[Any]) -> None:
        _check_picture(picture)
        if picture.shape[:2] != self.size:
            raise UsageError(
                f"the flow leads into a picture of {self.size[1]} x {self.size[0]},"
                f" not {picture.shape[1]} x {picture.shape[0]}",
                remedy="give the size of the picture",
            )


def warp(picture: FloatArray, flow: FloatArray, *, method: Method = "linear") -> FloatArray:
    """``out(p) = picture(p + flow(p))``.

    ``picture`` is ``(H, W)`` or ``(H, W, C)`` float32 of any range, ``flow``
    ``(h, w, 2)`` in pixels of ``picture``, x right and y down; the result has
    the flow's height and width. Whole-pixel vectors copy samples bit for bit
    with every method. Coordinates outside the picture read its nearest edge
    (see :func:`inside`).

    ``linear`` never leaves the range of the source. ``spline`` keeps strokes
    sharp however often a picture is resampled (see :mod:`.spline`); it may
    overshoot at edges.

    Raises :class:`UsageError` for shapes that do not fit.
    """
    ends = _ends(picture, flow)
    return ends.spline(Spline(picture)) if method == "spline" else ends.linear(picture)


def sample_nearest(picture: npt.NDArray[Scalar], flow: FloatArray) -> npt.NDArray[Scalar]:
    """``picture`` at the pixel nearest to ``p + flow(p)``, of any dtype; for ids and masks.

    Unknown vectors read their own pixel, coordinates outside the nearest edge.
    """
    return _ends(picture, flow).nearest(picture)


def inside(flow: FloatArray, size: tuple[int, int] | None = None) -> BoolArray:
    """Where ``p + flow(p)`` is known and within the pixel centres of the source.

    ``flow`` is ``(H, W, 2)``, ``size`` the source's (height, width), by default
    the flow's own. Returns ``(H, W)`` bool.
    """
    return Ends(flow, size).inside


def compose(flow_ab: FloatArray, flow_bc: FloatArray, ends: Ends | None = None) -> FloatArray:
    """``F(a→c)(p) = F(a→b)(p) + F(b→c)(p + F(a→b)(p))``.

    Both ``(H, W, 2)`` in pixels; the second is read bilinearly. The result is
    NaN where the way is lost: the first flow unknown or leaving the frame, or
    any of the four vectors read from the second unknown. ``ends``: those of
    the first flow in the second, where they are at hand.
    """
    ends = ends or _ends(flow_bc, flow_ab)
    unknown = ~all_finite(flow_bc)
    known = ends.inside
    if unknown.any():
        onward = ends.linear(finite(flow_bc))
        known = known & (ends.linear(unknown.astype(np.float32)) <= 0)
    else:
        onward = ends.linear(flow_bc)
    composed = flow_ab + onward
    composed[~known] = np.nan
    return composed


def _ends(picture: npt.NDArray[Any], flow: FloatArray) -> Ends:
    _check_picture(picture)
    return Ends(flow, (int(picture.shape[0]), int(picture.shape[1])))


def _check_picture(picture: npt.NDArray[Any]) -> None:
    if picture.ndim not in (2, 3) or 0 in picture.shape:
        raise UsageError(f"a picture must be (H, W) or (H, W, C), not {picture.shape}", remedy="give one picture")
