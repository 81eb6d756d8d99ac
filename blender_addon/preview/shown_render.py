"""Where the last render lies in an editor, and which pixel of its passes is under a place; nothing of Blender.

Places are pixels of the editor's region, from its lower left corner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Rectangle", "ShownRender", "in_backdrop", "in_view", "picture_size", "shown_render"]

Pair = tuple[float, float]
Size = tuple[int, int]
Shape = Mapping[str, int | float | bool]
"""Render settings by the names of their properties, as the frame was rendered."""


@dataclass(frozen=True, kw_only=True)
class Rectangle:
    """In a region."""

    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class ShownRender:
    """The passes of a frame, ``size`` in pixels, and the rectangle that they cover."""

    place: Rectangle
    size: Size

    def corners(self) -> tuple[Pair, ...]:
        """Lower left, lower right, upper right, upper left."""
        left, bottom = self.place.left, self.place.bottom
        right, top = left + self.place.width, bottom + self.place.height
        return (left, bottom), (right, bottom), (right, top), (left, top)

    def texture_corners(self) -> tuple[Pair, ...]:
        """The same, as parts of the passes from their lower left."""
        return (0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)

    def pixel(self, x: float, y: float) -> tuple[int, int] | None:
        """Column and row, from the top left, of the pixel under a place; None beside the passes."""
        if self.place.width <= 0 or self.place.height <= 0:
            return None
        across = (x - self.place.left) / self.place.width
        up = (y - self.place.bottom) / self.place.height
        if not (0.0 <= across < 1.0 and 0.0 <= up < 1.0):
            return None
        return int(across * self.size[0]), self.size[1] - 1 - int(up * self.size[1])


def in_backdrop(region: Size, picture: Size, zoom: float, offset: Pair) -> Rectangle:
    """Where a node editor draws a picture behind its nodes: about the middle of its region, moved by ``offset``."""
    width, height = picture[0] * zoom, picture[1] * zoom
    left, bottom = (region[0] - width) / 2 + offset[0], (region[1] - height) / 2 + offset[1]
    return Rectangle(left=left, bottom=bottom, width=width, height=height)


def in_view(region: Size, lower_left: Pair, upper_right: Pair) -> Rectangle:
    """Where an Image Editor draws its picture, which is 0 to 1 in the view.

    The corners are those of the region in the view's coordinates.
    """
    across, up = (upper_right[axis] - lower_left[axis] for axis in (0, 1))
    width, height = region[0] / across, region[1] / up
    return Rectangle(left=-lower_left[0] * width, bottom=-lower_left[1] * height, width=width, height=height)


def picture_size(shape: Shape, passes: Size) -> Size:
    """The size of the picture that a frame of ``passes`` is shown in: a border that does not crop leaves the whole."""
    if not shape["use_border"] or shape["use_crop_to_border"]:
        return passes
    percent = shape["resolution_percentage"]
    return int(shape["resolution_x"] * percent / 100), int(shape["resolution_y"] * percent / 100)


def shown_render(place: Rectangle, picture: Size, passes: Size, shape: Shape) -> ShownRender | None:
    """The passes in a picture that is shown at ``place``; None for a picture of another size than the frame's."""
    if picture != picture_size(shape, passes):
        return None
    if picture == passes:
        return ShownRender(place=place, size=passes)
    # As Blender rounds it.
    left, bottom = int(shape["border_min_x"] * picture[0]), int(shape["border_min_y"] * picture[1])
    across, up = place.width / picture[0], place.height / picture[1]
    part = Rectangle(
        left=place.left + left * across,
        bottom=place.bottom + bottom * up,
        width=passes[0] * across,
        height=passes[1] * up,
    )
    return ShownRender(place=part, size=passes)
