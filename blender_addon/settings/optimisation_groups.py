"""What a region is painted with by optimisation.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

import bpy
from bpy.props import CollectionProperty, FloatProperty, StringProperty

from ..contract.optimisation_options import RegionOptimisation
from .derive import derived, description

__all__ = ["CLASSES", "FEED_FORWARD", "OPTIMISATION", "SHOWN", "STYLE", "BrushpassOptimisation"]

STYLE, OPTIMISATION = "STYLE", "OPTIMISATION"
"""What may paint a region."""
FEED_FORWARD = "feed_forward"
"""The start of an optimisation that the region's style paints."""
SHOWN = (
    "size",
    "style_size",
    "scales",
    "steps",
    "following_steps",
    "start",
    "content",
    "style",
    "colour",
    "temporal",
    "luminance_only",
    "match_colour",
)
"""The options that are properties under their own names."""


class BrushpassPainting(bpy.types.PropertyGroup):
    """One painting."""

    path: StringProperty(
        name="Painting",
        description="The picture of a painting",
        subtype="FILE_PATH",
        options={"PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    weight: FloatProperty(
        name="Weight",
        description=description(RegionOptimisation, "style_weights"),
        default=1.0,
        min=0.0,
        soft_max=10.0,
        step=10,
        options=set(),
    )


@derived(RegionOptimisation, only=SHOWN)
class BrushpassOptimisation(bpy.types.PropertyGroup):
    """Paintings, and how the pixels come to be like them."""

    paintings: CollectionProperty(type=BrushpassPainting)
    loss_network: StringProperty(
        name="Loss Network",
        description=f"{description(RegionOptimisation, 'loss_network')}; empty: the one that styles are trained with",
        subtype="FILE_PATH",
        options={"PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    extra: StringProperty(description="Options of an imported recipe that are no properties", options={"HIDDEN"})


CLASSES = (BrushpassPainting, BrushpassOptimisation)
