"""Over which part of a window the pointer is."""

from __future__ import annotations

import bpy

__all__ = ["is_over"]


def is_over(area: bpy.types.Area, region: bpy.types.Region, x: int, y: int) -> bool:
    """Whether a window's pixel shows this region of an area, and none of those that lie upon it."""
    upon = (other for other in area.regions if other.type not in ("PREVIEW", "WINDOW") and other.width > 1)
    return _holds(region, x, y) and not any(_holds(other, x, y) for other in upon)


def _holds(region: bpy.types.Region, x: int, y: int) -> bool:
    return region.x <= x < region.x + region.width and region.y <= y < region.y + region.height
