"""How the film is kept from flickering."""

from __future__ import annotations

import bpy

from ..settings.owner import Owner
from .automatic import draw_automatic
from .data_layer import draw_data_layer
from .sections import Section

__all__ = ["SECTION"]


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    motion = owner.settings.motion
    layout.use_property_split = True
    layout.use_property_decorate = False
    column = layout.column()
    column.prop(motion, "smoothing", slider=True)
    column.prop(motion, "flow")
    column.prop(motion, "mode")
    draw_automatic(column, motion, "preroll")
    if motion.smoothing > 0 and motion.flow in ("auto", "vector"):
        draw_data_layer(column, owner)


SECTION = Section(
    name="motion",
    label="Motion",
    order=40,
    draw=_draw,
    shown=lambda owner: len(owner.settings.regions) > 0,
    closed=True,
)
