"""Antialiased filling of polygons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError
from .source import Coverage

__all__ = ["fill_polygons"]

# Coverage is summed in whole units, so that it is exactly 0 outside and exactly 1 inside.
_LINES = 16
_STEPS = 256
_MAX_CROSSINGS = 1 << 23
_MAX_COORDINATE = 1e6


def fill_polygons(polygons: Sequence[NDArray[np.float64]], height: int, width: int) -> Coverage:
    """What any of the polygons covers, ``(height, width)`` float32 in 0..1.

    ``polygons`` are ``(N, 2)`` points x, y in pixels, (0, 0) being the corner of
    the upper left pixel; each is closed and filled by the even-odd rule. 16
    scanlines a pixel, along each of them the area is exact to 1/256 of a pixel.

    Raises :class:`InputError` for points that are not numbers, far outside or
    too many to fill.
    """
    crossings = _crossings(polygons, height)
    if crossings is None:
        return np.zeros((height, width), np.float32)
    line, x, sign = crossings
    units = np.rint(np.clip(x, 0, width) * _STEPS).astype(np.int64)
    column, part = np.divmod(units, _STEPS)
    # A span adds what is right of its start and takes back what is right of its end.
    row_length = width + 2
    cell = line // _LINES * row_length + column
    change = np.bincount(cell, sign * (_STEPS - part), height * row_length)
    change += np.bincount(cell + 1, sign * part, height * row_length)
    covered = change.reshape(height, row_length).cumsum(1)[:, :width]
    return (covered / (_LINES * _STEPS)).astype(np.float32)


def _crossings(
    polygons: Sequence[NDArray[np.float64]], height: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]] | None:
    """Scanline, x and sign (+1 enters, -1 leaves) of the border of the polygons' union."""
    starts, ends, owners = [], [], []
    for index, points in enumerate(polygons):
        # Written so that NaN fails too.
        if not bool((np.abs(points) <= _MAX_COORDINATE).all()):
            raise InputError("a polygon has points that are no picture coordinates", remedy="export them anew")
        starts.append(points)
        ends.append(np.roll(points, -1, 0))
        owners.append(np.full(len(points), index))
    if not starts:
        return None
    (x0, y0), (x1, y1), owner = np.concatenate(starts).T, np.concatenate(ends).T, np.concatenate(owners)

    # Scanline k lies at (k + 1/2) / LINES; half-open, so that every polygon crosses each an even number of times.
    def first_line(y: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.clip(np.ceil(y * _LINES - 0.5), 0, height * _LINES).astype(np.int64)

    low, high = first_line(np.minimum(y0, y1)), first_line(np.maximum(y0, y1))
    count = high - low
    total = int(count.sum())
    if total == 0:
        return None
    if total > _MAX_CROSSINGS:
        raise InputError("the polygons have too many points to fill", remedy="simplify them, or give image mattes")
    edge = np.repeat(np.arange(len(count)), count)
    line = low[edge] + np.arange(total) - np.repeat(count.cumsum() - count, count)
    # Only edges with a height are crossed.
    x = x0[edge] + ((line + 0.5) / _LINES - y0[edge]) * ((x1 - x0)[edge] / (y1 - y0)[edge])

    order = np.lexsort((x, owner[edge], line))
    line, x = line[order], x[order]
    sign = np.tile(np.array([1, -1]), total // 2)
    # Where polygons touch, leaving and entering at one x cancel, in whole units exactly.
    order = np.lexsort((x, line))
    line, x, sign = line[order], x[order], sign[order]
    depth = sign.cumsum()
    border = np.where(sign > 0, depth == 1, depth == 0)
    return line[border], x[border], sign[border]
