"""Choosing a style by its picture."""

from __future__ import annotations

from typing import Any

import bpy

from ..contract.recipe import Region
from ..settings import styles
from ..settings.derive import description
from ..settings.optimised import by_optimisation
from ..settings.owner import Owner, active_owner
from ..training import watch
from .backend_help import backend_help, draw_backend_help
from .operator import RegionOperator
from .problem import draw_problem
from .sections import active_region
from .thumbnails import thumbnail

__all__ = ["CLASSES", "draw_style", "style_words"]

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
    bl_ui_units_x = 27

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        owner = active_owner(context)
        region = active_region(owner) if owner is not None else None
        if region is None:
            return
        known = styles.catalogue()
        trouble = backend_help()
        if trouble is not None:
            draw_backend_help(layout, trouble)  # type: ignore[arg-type]
        pictures = any(thumbnail(style) for style in known)
        grid = layout.grid_flow(row_major=True, columns=5 if pictures else 1, even_columns=True, align=False)
        for style in known:
            cell = grid.column(align=True)
            if pictures:
                cell.template_icon(thumbnail(style), scale=5)
            cell.alert = not style.ready
            _button(cell, region, style.name, _short(style.title or style.name))
        layout.separator(type="LINE")
        _button(layout, region, "", _PLATE)  # type: ignore[arg-type]
        layout.prop(region, "style", text="Other", placeholder="Name or style card")
        if watch.now.training is not None and watch.now.running:
            progress = watch.now.training.progress
            layout.progress(factor=progress.part, text=progress.text().capitalize())
        else:
            layout.operator_context = "INVOKE_DEFAULT"
            layout.operator("brushpass.train_pictures", icon="FILE_IMAGE")


def style_words(region: bpy.types.PropertyGroup) -> str:
    """What a region's style is called; one that was never chosen is distinguished from one that keeps the plate."""
    if region.style:
        style = styles.find(region.style)
        return _short(style.title or style.name) if style is not None else region.style
    return _PLATE if region.is_property_set("style") else "Choose a Style"


def draw_style(layout: bpy.types.UILayout, region: bpy.types.PropertyGroup) -> None:
    """A region's style: its picture and the button that opens the others."""
    style = styles.find(region.style)
    trouble = styles.problem(region.style)
    picture = thumbnail(style)
    body = layout
    if picture:
        body = layout.split(factor=0.3)
        body.template_icon(picture, scale=3.5)
    column = body.column(align=True)
    chooser = column.row()
    chooser.alert = bool(trouble)
    chooser.popover(BRUSHPASS_PT_styles.bl_idname, text=style_words(region), icon="ERROR" if trouble else "BRUSH_DATA")
    caption = column.column()
    caption.active = False
    if style is not None and style.artwork.artist:
        caption.label(text=style.artwork.artist)
    if not (region.style or region.is_property_set("style") or by_optimisation(region)):
        caption.label(text="Until then the region shows the plate")
    if trouble:
        draw_problem(layout, trouble)
    backend = backend_help()
    if backend is not None:
        draw_backend_help(layout, backend)


def _button(layout: bpy.types.UILayout, region: bpy.types.PropertyGroup, style: str, text: str) -> None:
    chosen = region.style == style and (bool(style) or region.is_property_set("style"))
    layout.operator(BRUSHPASS_OT_style_choose.bl_idname, text=text, depress=chosen).style = style


def _short(title: str) -> str:
    """A title without what stands in brackets behind it, which the tooltip tells."""
    return title.partition(" (")[0] or title


CLASSES = (BRUSHPASS_OT_style_choose, BRUSHPASS_PT_styles)
