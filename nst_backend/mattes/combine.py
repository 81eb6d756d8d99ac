"""Pure functions on coverage: set operations, and edges that move or soften.

Coverage is ``(H, W)`` float32 in 0..1. The set operations are those of fuzzy
sets (Zadeh 1965), as in every compositing package; they obey De Morgan's laws
with the complement ``1 - c``. Grey-scale morphology (Serra 1982) moves edges and
keeps their antialiasing. Distances are pixels of the coverage itself. Outside
the frame a matte goes on as it is at the border.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from .source import Coverage

__all__ = ["feather", "feather_inside", "grow", "intersect", "shrink", "subtract", "union"]

# From this radius on, whole pixels make a disc that is round to about half a pixel.
_ROUND = 16
_NEGLIGIBLE = 1e-6


def union(first: Coverage, second: Coverage) -> Coverage:
    """What either covers: the larger coverage."""
    return np.maximum(first, second)


def intersect(first: Coverage, second: Coverage) -> Coverage:
    """What both cover: the smaller coverage."""
    return np.minimum(first, second)


def subtract(first: Coverage, second: Coverage) -> Coverage:
    """What ``first`` covers beside ``second``; with ``second`` it never covers more than the pixel."""
    rest: Coverage = np.float32(1) - second
    return np.minimum(first, rest)


def grow(coverage: Coverage, distance: float) -> Coverage:
    """The edge moved outward by ``distance`` pixels, 0 or more.

    Grey-scale dilation by a disc; fractions of a pixel are the mean of the
    neighbouring whole distances, which is exact for the position of an edge.
    0 returns the coverage itself.
    """
    whole = math.floor(distance)
    part = np.float32(distance - whole)
    near = _dilate(coverage, whole)
    if part == 0:
        return near
    far = _dilate(coverage, whole + 1)
    # far >= near, so this form neither leaves their interval nor loses order.
    between: Coverage = near + part * (far - near)
    return np.minimum(between, far)


def shrink(coverage: Coverage, distance: float) -> Coverage:
    """The edge moved inward by ``distance`` pixels, 0 or more; not at the border of the frame.

    0 returns the coverage itself.
    """
    if distance == 0:
        return coverage
    kept: Coverage = np.float32(1) - grow(np.float32(1) - coverage, distance)
    return np.minimum(kept, coverage)


def feather(coverage: Coverage, distance: float) -> Coverage:
    """The edge softened over ``distance`` pixels to both sides.

    Convolution with a Gaussian whose standard deviation is half the distance;
    0 returns the coverage itself.
    """
    if distance == 0:
        return coverage
    sigma = distance / 2
    side = 2 * math.ceil(3 * sigma) + 1
    soft = np.asarray(cv2.GaussianBlur(coverage, (side, side), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)
    # A sum of weights that misses 1 by an ulp must not make a solid matte less than solid.
    soft[soft > 1 - _NEGLIGIBLE] = 1
    soft[soft < _NEGLIGIBLE] = 0
    return soft


def feather_inside(coverage: Coverage, distance: float) -> Coverage:
    """The edge softened inward over ``distance`` pixels; nowhere more than ``coverage``.

    Half the distance makes room, the other half is the reach of the softening.
    0 returns the coverage itself.
    """
    return coverage if distance == 0 else intersect(coverage, feather(shrink(coverage, distance / 2), distance / 2))


def _dilate(coverage: Coverage, radius: int) -> Coverage:
    """Dilation by a disc of whole ``radius``; small discs have an antialiased rim."""
    rows, columns = np.flatnonzero(coverage.any(1)), np.flatnonzero(coverage.any(0))
    if radius == 0 or not rows.size:
        return coverage
    height, width = coverage.shape
    top, bottom = max(int(rows[0]) - radius, 0), min(int(rows[-1]) + radius + 1, height)
    left, right = max(int(columns[0]) - radius, 0), min(int(columns[-1]) + radius + 1, width)
    result = np.zeros_like(coverage)
    result[top:bottom, left:right] = _dilate_box(coverage[top:bottom, left:right], radius)
    return result


def _dilate_box(box: Coverage, radius: int) -> Coverage:
    result = box.copy()
    # The disc row by row, from its poles: the rows widen, and so does the running maximum.
    wide, half = box.copy(), 0
    for dy in range(radius, -1, -1):
        reach = math.isqrt(radius * radius - dy * dy)
        for dx in range(half + 1, reach + 1):
            _raise(wide, box, 0, dx)
            _raise(wide, box, 0, -dx)
        half = reach
        _raise(result, wide, dy, 0)
        _raise(result, wide, -dy, 0)
    if radius < _ROUND:
        for long in range(1, radius + 1):
            for short in range(long + 1):
                weight = radius + 1 - math.hypot(long, short)
                if 0 < weight < 1:
                    rim = box * np.float32(weight)
                    for dy, dx in {(long, short), (short, long)}:
                        for up, left in {(dy, dx), (-dy, dx), (dy, -dx), (-dy, -dx)}:
                            _raise(result, rim, up, left)
    return result


def _raise(target: Coverage, source: Coverage, dy: int, dx: int) -> None:
    """``target[p] = max(target[p], source[p + d])`` where both are inside."""
    height, width = target.shape
    if abs(dy) >= height or abs(dx) >= width:
        return
    here = target[max(-dy, 0) : height - max(dy, 0), max(-dx, 0) : width - max(dx, 0)]
    there = source[max(dy, 0) : height - max(-dy, 0), max(dx, 0) : width - max(-dx, 0)]
    np.maximum(here, there, out=here)
