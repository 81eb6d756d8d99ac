"""The region's style and how it is painted."""

from __future__ import annotations

import bpy

from ..settings.owner import Owner
from .key_operators import draw_key_row, draw_keyed, draw_still
from .sections import Section, active_region
from .style_chooser import draw_style

__all__ = ["SECTION"]


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    region = active_region(owner)
    if region is None:
        return
    draw_style(layout, region)
    layout.use_property_split = True
    layout.use_property_decorate = False
    column = layout.column()
    column.active = bool(region.style)
    for option in ("strength", "scale", "preserve_colour"):
        draw_keyed(column, owner, owner.settings.active_region, option)
    draw_still(column, region, "statistics")
    draw_key_row(layout, owner, owner.settings.active_region)


SECTION = Section(name="look", label="Look", order=30, draw=_draw, shown=lambda owner: active_region(owner) is not None)
