"""The size and border of a frame, read where it is rendered and given to the bridge where that is rendered alone."""

from __future__ import annotations

from collections.abc import Mapping

import bpy

__all__ = ["FrameShape", "give_shape", "read_shape"]

FrameShape = Mapping[str, int | float | bool]
"""Properties of a scene's render settings, by name."""
_NAMES = (
    "resolution_x",
    "resolution_y",
    "resolution_percentage",
    "pixel_aspect_x",
    "pixel_aspect_y",
    "use_border",
    "use_crop_to_border",
    "border_min_x",
    "border_max_x",
    "border_min_y",
    "border_max_y",
)


def read_shape(scene: bpy.types.Scene) -> FrameShape:
    """The shape of the frames of ``scene``."""
    return {name: getattr(scene.render, name) for name in _NAMES}


def give_shape(scene: bpy.types.Scene, shape: FrameShape) -> None:
    """Make the frames of ``scene`` of that shape."""
    for name, value in shape.items():
        if getattr(scene.render, name) != value:
            setattr(scene.render, name, value)
