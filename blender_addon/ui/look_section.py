"""The region's style and how it is painted."""

from __future__ import annotations

import bpy

from ..settings.optimised import by_optimisation, uses_style
from ..settings.owner import Owner
from .key_operators import draw_key_row, draw_keyed, draw_still
from .optimisation import draw_optimisation, draw_painter
from .sections import Section, active_region

__all__ = ["SECTION"]


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    region = active_region(owner)
    if region is None:
        return
    draw_painter(layout, region)
    layout.use_property_split = True
    layout.use_property_decorate = False
    if by_optimisation(region):
        draw_optimisation(layout, owner, region)
    column = layout.column()
    column.active = by_optimisation(region) or bool(region.style)
    for option in ("strength", "scale", "preserve_colour"):
        draw_keyed(column, owner, owner.settings.active_region, option)
    if uses_style(region):
        draw_still(column, region, "statistics")
    draw_key_row(layout, owner, owner.settings.active_region)


SECTION = Section(name="look", label="Look", order=30, draw=_draw, shown=lambda owner: active_region(owner) is not None)
