"""Where a strip's plate lies in the sequencer's preview."""

from __future__ import annotations

import bpy

from ..sequencer.plan import Plate
from .placement import Placement

__all__ = ["strip_placement"]


def strip_placement(scene: bpy.types.Scene, strip: bpy.types.Strip, plate: Plate) -> Placement:
    """The strip's own transform for a plate of passes, which lacks it; all others are the whole render."""
    render = scene.render
    aspect = render.pixel_aspect_x / render.pixel_aspect_y
    if plate.baked:
        return Placement(width=plate.width, height=plate.height, aspect=aspect)
    transform, crop = strip.transform, strip.crop
    return Placement(
        width=plate.width,
        height=plate.height,
        offset=(transform.offset_x, transform.offset_y),
        scale=(transform.scale_x, transform.scale_y),
        rotation=transform.rotation,
        origin=(transform.origin[0], transform.origin[1]),
        flip=(strip.use_flip_x, strip.use_flip_y),
        crop=(crop.min_x, crop.max_x, crop.min_y, crop.max_y),
        aspect=aspect,
    )
