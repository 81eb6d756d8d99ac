"""A number that can be left to the backend."""

from __future__ import annotations

import bpy

__all__ = ["draw_automatic"]


def draw_automatic(layout: bpy.types.UILayout, group: bpy.types.PropertyGroup, option: str) -> None:
    """The switch "auto" and, beside it, the number that counts when it is off."""
    automatic = getattr(group, f"{option}_auto")
    name = group.bl_rna.properties[option].name
    row = layout.row(heading=name, align=True)
    row.prop(group, f"{option}_auto", text="Auto" if automatic else "")
    if not automatic:
        row.prop(group, option, text="")
