"""Choosing a style by its picture."""

from __future__ import annotations

from typing import Any

import bpy

from ..contract.recipe import Region
from ..settings import styles
from ..settings.derive import description
from ..settings.owner import Owner, active_owner
from .operator import RegionOperator
from .problem import draw_problem
from .sections import active_region
from .thumbnails import thumbnail

__all__ = ["CLASSES", "draw_style"]

_PLATE = "None (Keep Plate)"


class BRUSHPASS_OT_style_choose(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.style_choose"
    bl_label = "Choose Style"

    style: bpy.props.StringProperty(name="Style", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties: Any) -> str:
        entry = styles.find(properties.style)
        if entry is None:
            return description(Region, "style")
        parts = (entry.artwork.title or entry.title, entry.artwork.artist, entry.artwork.licence)
        return ", ".join(part for part in parts if part) or entry.name

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        active_region(owner).style = self.style


class BRUSHPASS_PT_styles(bpy.types.Panel):
    """Choose the style of the region"""

    bl_idname = "BRUSHPASS_PT_styles"
    bl_label = "Styles"
    bl_space_type = "TOPBAR"
    bl_region_type = "HEADER"
    bl_ui_units_x = 17

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        owner = active_owner(context)
        region = active_region(owner) if owner is not None else None
        if region is None:
            return
        known = styles.catalogue()
        if not known:
            layout.label(text="The backend has not named its styles yet", icon="INFO")
        pictures = any(thumbnail(style) for style in known)
        grid = layout.grid_flow(row_major=True, columns=2 if pictures else 1, even_columns=True, align=False)
        for style in known:
            cell = grid.column(align=True)
            if pictures:
                cell.template_icon(thumbnail(style), scale=6)
            cell.alert = not style.ready
            _button(cell, region, style.name, style.title or style.name)
        layout.separator(type="LINE")
        _button(layout, region, "", _PLATE)  # type: ignore[arg-type]


def draw_style(layout: bpy.types.UILayout, region: bpy.types.PropertyGroup) -> None:
    """A region's style: its picture, the button that opens the others, and its name to type."""
    style = styles.find(region.style)
    trouble = styles.problem(region.style)
    picture = thumbnail(style)
    body = layout
    if picture:
        body = layout.split(factor=0.36)
        body.template_icon(picture, scale=4.5)
    column = body.column(align=True)
    title = style.title or style.name if style is not None else region.style or _PLATE
    column.popover(BRUSHPASS_PT_styles.bl_idname, text=title, icon="BRUSH_DATA")
    name = column.row(align=True)
    name.alert = bool(trouble)
    name.prop(region, "style", text="", icon="ERROR" if trouble else "VIEWZOOM", placeholder="Name or style card")
    if style is not None and style.artwork.artist:
        caption = column.row()
        caption.active = False
        caption.label(text=style.artwork.artist)
    if trouble:
        draw_problem(layout, trouble)


def _button(layout: bpy.types.UILayout, region: bpy.types.PropertyGroup, style: str, text: str) -> None:
    chosen = region.style == style
    layout.operator(BRUSHPASS_OT_style_choose.bl_idname, text=text, depress=chosen).style = style


CLASSES = (BRUSHPASS_OT_style_choose, BRUSHPASS_PT_styles)
