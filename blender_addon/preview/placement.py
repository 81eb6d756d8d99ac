"""Where a plate's pixels lie in the sequencer's preview; nothing of Blender.

The preview's coordinates are pixels of the render, from its middle, x right and y up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Placement"]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A plate of ``width`` by ``height`` pixels, transformed as Blender transforms a strip."""

    width: int
    height: int
    offset: tuple[float, float] = (0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)
    rotation: float = 0.0
    """Radians, counter-clockwise."""
    origin: tuple[float, float] = (0.5, 0.5)
    """About which it is scaled and rotated: parts of the plate, from its lower left corner."""
    flip: tuple[bool, bool] = (False, False)
    """Of the whole picture, after all else."""
    crop: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Pixels of the plate that are not shown: left, right, bottom, top."""
    aspect: float = 1.0
    """Width of a pixel of the render, by its height."""

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Of what is shown, in the preview: lower left, lower right, upper right, upper left."""
        return tuple(self._to_view(x, y) for x, y in self._bounds())

    def texture_corners(self) -> tuple[tuple[float, float], ...]:
        """The same, as parts of the plate from its lower left."""
        return tuple((x / self.width, y / self.height) for x, y in self._bounds())

    def pixel(self, x: float, y: float) -> tuple[int, int] | None:
        """Column and row, from the top left, of the plate's pixel at a place of the preview; None beside it."""
        across, up = self._to_plate(x, y)
        left, right, bottom, top = self.crop
        if not (left <= across < self.width - right and bottom <= up < self.height - top):
            return None
        return int(across), self.height - 1 - int(up)

    def _bounds(self) -> tuple[tuple[float, float], ...]:
        left, right, bottom, top = self.crop
        right, top = self.width - right, self.height - top
        return (left, bottom), (right, bottom), (right, top), (left, top)

    def _pivot(self) -> tuple[float, float]:
        return self.width * self.origin[0], self.height * self.origin[1]

    def _to_view(self, x: float, y: float) -> tuple[float, float]:
        (pivot_x, pivot_y), cosine, sine = self._pivot(), math.cos(self.rotation), math.sin(self.rotation)
        across, up = (x - pivot_x) * self.scale[0], (y - pivot_y) * self.scale[1]
        turned = across * cosine - up * sine, across * sine + up * cosine
        view_x = turned[0] + pivot_x - self.width / 2 + self.offset[0]
        view_y = turned[1] + pivot_y - self.height / 2 + self.offset[1]
        return (-view_x if self.flip[0] else view_x) * self.aspect, -view_y if self.flip[1] else view_y

    def _to_plate(self, view_x: float, view_y: float) -> tuple[float, float]:
        if 0.0 in self.scale:
            return math.inf, math.inf
        (pivot_x, pivot_y), cosine, sine = self._pivot(), math.cos(self.rotation), math.sin(self.rotation)
        x, y = view_x / self.aspect, view_y
        x, y = -x if self.flip[0] else x, -y if self.flip[1] else y
        across = x - self.offset[0] + self.width / 2 - pivot_x
        up = y - self.offset[1] + self.height / 2 - pivot_y
        turned = across * cosine + up * sine, -across * sine + up * cosine
        return turned[0] / self.scale[0] + pivot_x, turned[1] / self.scale[1] + pivot_y
