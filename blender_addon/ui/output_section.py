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
    column = layout.column()
    column.prop(settings.plate, "exposure")
    # What a node makes goes on in its tree.
    if isinstance(owner.id, bpy.types.Scene):
        _draw_files(column, output)
    header, body = layout.panel("brushpass_machine", default_closed=True)
    header.label(text="Machine")
    if body is not None:
        body.use_property_split = True
        body.use_property_decorate = False
        column = body.column()
        column.prop(compute, "device")
        column.prop(compute, "network_size")
        column.prop(compute, "precision")
        column.prop(compute, "runtime")
        draw_automatic(column, compute, "tile")
        column.prop(compute, "regions")
        column.prop(compute, "seed")


def _draw_files(column: bpy.types.UILayout, output: bpy.types.PropertyGroup) -> None:
    column.prop(output, "format")
    column.prop(output, "size", placeholder="100%")
    if output.format == "IMAGES":
        column.prop(output, "depth")
        also = column.column(heading="Also Write", align=True)
        also.prop(output, "mattes", text="Mattes")
        also.prop(output, "keep_channels", text="Other Channels")
    column.prop(output, "handles")
    column.prop(output, "proxy")
    column.prop(output, "per_frame", text="Unstabilised", placeholder="raw.####.exr")


SECTION = Section(
    name="output",
    label="Output",
    order=50,
    draw=_draw,
    shown=lambda owner: len(owner.settings.regions) > 0,
    closed=True,
)
