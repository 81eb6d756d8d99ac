"""Boxes on the pixel grid: bounds of a matte, padding, tiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "bounding_box"]


@dataclass(frozen=True, order=True)
class Box:
    """Rows ``top:bottom`` and columns ``left:right``."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def whole(cls, height: int, width: int) -> Box:
        return cls(0, 0, height, width)

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def area(self) -> int:
        return max(0, self.height) * max(0, self.width)

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grown(self, margin: int, within: Box) -> Box:
        """Larger by ``margin`` on each side, cut at ``within``."""
        return Box(
            max(self.top - margin, within.top),
            max(self.left - margin, within.left),
            min(self.bottom + margin, within.bottom),
            min(self.right + margin, within.right),
        )

    def aligned(self, stride: int, within: Box) -> Box:
        """Enlarged so that its edges are multiples of ``stride``, cut at ``within``."""
        return Box(
            max(self.top // stride * stride, within.top),
            max(self.left // stride * stride, within.left),
            min(-(-self.bottom // stride) * stride, within.bottom),
            min(-(-self.right // stride) * stride, within.right),
        )

    def coarser(self, factor: int) -> Box:
        """The same box on a grid whose pixels are ``factor`` as wide, which must divide its edges."""
        return Box(self.top // factor, self.left // factor, self.bottom // factor, self.right // factor)

    def relative_to(self, other: Box) -> Box:
        """The same box in the coordinates of ``other``'s corner."""
        return Box(self.top - other.top, self.left - other.left, self.bottom - other.top, self.right - other.left)

    def tiles(self, side: int, stride: int) -> Iterator[Box]:
        """Boxes of at most ``side``, alike in size, that cover this one, edges on multiples of ``stride``."""
        down, across = (_even(extent, side, stride) for extent in (self.height, self.width))
        for top in range(self.top, self.bottom, down):
            for left in range(self.left, self.right, across):
                yield Box(top, left, min(top + down, self.bottom), min(left + across, self.right))


def _even(extent: int, side: int, stride: int) -> int:
    """The step that covers ``extent`` with as few pieces of at most ``side`` as there must be, none much smaller."""
    most = max(stride, side // stride * stride)
    pieces = max(1, -(-extent // most))
    return max(stride, -(-extent // (pieces * stride)) * stride)


def bounding_box(matte: NDArray[np.float32], *, above: float = 0.0) -> Box | None:
    """The smallest box around the pixels of ``(H, W)`` above a value; None where there are none."""
    mask = matte > above
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
