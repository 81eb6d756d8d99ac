"""Resampling a picture along a flow field.

Everything here is *backward* warping: the flow is sampled at the result's
pixels and says where in the source each of them comes from, so no pixel of the
result stays empty and none is written twice.

A flow vector that is not finite means "unknown". It never reaches a picture as
a NaN: the warp reads its own pixel there and :func:`inside` says that the value
means nothing.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from ..contract.errors import UsageError
from .channels import all_finite, finite
from .spline import sample_spline

__all__ = ["BoolArray", "FloatArray", "Method", "compose", "inside", "sample_nearest", "warp"]

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
Method = Literal["linear", "spline"]
Scalar = TypeVar("Scalar", bound=np.generic)

# cv2.remap addresses its source with signed 16-bit integers.
_LARGEST_SIDE = 32767


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
    _check(picture, flow)
    x, y = _coordinates(picture, flow)
    if method == "spline":
        return sample_spline(np.ascontiguousarray(picture, dtype=np.float32), x, y)
    return _remap(picture, x, y)


def sample_nearest(picture: npt.NDArray[Scalar], flow: FloatArray) -> npt.NDArray[Scalar]:
    """``picture`` at the pixel nearest to ``p + flow(p)``, of any dtype; for ids and masks.

    Unknown vectors read their own pixel, coordinates outside the nearest edge.
    """
    _check(picture, flow)
    x, y = _coordinates(picture, flow)
    # floor(x + 1/2) rather than rint: a half must fall the same way at even and odd pixels.
    rows, columns = np.floor(y + 0.5).astype(np.intp), np.floor(x + 0.5).astype(np.intp)
    rows, columns = np.minimum(rows, picture.shape[0] - 1), np.minimum(columns, picture.shape[1] - 1)
    return np.asarray(picture[rows, columns])


def inside(flow: FloatArray, size: tuple[int, int] | None = None) -> BoolArray:
    """Where ``p + flow(p)`` is known and within the pixel centres of the source.

    ``flow`` is ``(H, W, 2)``, ``size`` the source's (height, width), by default
    the flow's own. Returns ``(H, W)`` bool.
    """
    height, width = size or flow.shape[:2]
    gx, gy = _grid(flow)
    with np.errstate(invalid="ignore"):
        x, y = gx + flow[..., 0], gy + flow[..., 1]
        return np.asarray((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))


def compose(flow_ab: FloatArray, flow_bc: FloatArray) -> FloatArray:
    """``F(a→c)(p) = F(a→b)(p) + F(b→c)(p + F(a→b)(p))``.

    Both ``(H, W, 2)`` in pixels; the second is read bilinearly. The result is
    NaN where the way is lost: the first flow unknown or leaving the frame, or
    any of the four vectors read from the second unknown.
    """
    _check(flow_bc, flow_ab)
    unknown = ~all_finite(flow_bc)
    known = inside(flow_ab)
    onward = warp(flow_bc, flow_ab)
    if unknown.any():
        onward = warp(finite(flow_bc), flow_ab)
        known &= warp(unknown.astype(np.float32), flow_ab) <= 0
    return np.asarray(np.where(known[..., None], flow_ab + onward, np.float32(np.nan)))


def _check(picture: npt.NDArray[Any], flow: FloatArray) -> None:
    if flow.ndim != 3 or flow.shape[2] != 2:
        raise UsageError(f"a flow field must be (H, W, 2), not {flow.shape}", remedy="give x and y for every pixel")
    if picture.ndim not in (2, 3) or 0 in picture.shape:
        raise UsageError(f"a picture must be (H, W) or (H, W, C), not {picture.shape}", remedy="give one picture")
    if max(picture.shape[:2]) > _LARGEST_SIDE or max(flow.shape[:2]) > _LARGEST_SIDE:
        raise UsageError(
            f"a picture of {picture.shape[1]} x {picture.shape[0]} is too large to warp",
            remedy=f"keep each side below {_LARGEST_SIDE + 1} pixels",
        )


def _grid(flow: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Pixel coordinates (x as a row, y as a column) that broadcast over ``flow``."""
    height, width = flow.shape[:2]
    return np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]


def _coordinates(picture: npt.NDArray[Any], flow: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where to read, held within the picture; unknown vectors count as zero."""
    height, width = picture.shape[:2]
    gx, gy = _grid(flow)
    known = all_finite(flow)
    x = gx + np.where(known, flow[..., 0], np.float32(0))
    y = gy + np.where(known, flow[..., 1], np.float32(0))
    # Holding the coordinate rather than extending the picture keeps long kernels from ringing into the border.
    return np.clip(x, 0, width - 1, out=x), np.clip(y, 0, height - 1, out=y)


def _remap(picture: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Bilinear ``cv2.remap`` with the shape kept and more than four channels taken in turns."""
    source = np.ascontiguousarray(picture, dtype=np.float32)
    if source.ndim == 2 or source.shape[2] <= 4:
        out = cv2.remap(source, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out, dtype=np.float32).reshape(x.shape + source.shape[2:])
    parts = [_remap(source[..., i : i + 4], x, y) for i in range(0, source.shape[2], 4)]
    return np.concatenate(parts, axis=-1)
