"""What goes out, and how the machine works."""

from __future__ import annotations

import bpy

from ..settings.owner import Owner
from .automatic import draw_automatic
from .sections import Section

__all__ = ["SECTION"]


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    settings = owner.settings
    output, compute = settings.output, settings.compute
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(settings.plate, "exposure")
    layout.prop(output, "size", placeholder="100%")
    layout.prop(output, "depth")
    column = layout.column(heading="Also Write", align=True)
    column.prop(output, "mattes", text="Mattes")
    column.prop(output, "keep_channels", text="Other Channels")
    layout.prop(output, "per_frame", text="Unstabilised", placeholder="raw.####.exr")
    header, body = layout.panel("brushpass_machine", default_closed=True)
    header.label(text="Machine")
    if body is not None:
        body.use_property_split = True
        body.use_property_decorate = False
        body.prop(compute, "device")
        body.prop(compute, "precision")
        draw_automatic(body, compute, "tile")
        body.prop(compute, "regions")
        body.prop(compute, "seed")


SECTION = Section(
    name="output",
    label="Output",
    order=50,
    draw=_draw,
    shown=lambda owner: len(owner.settings.regions) > 0,
    closed=True,
)
