"""The list of regions, front to back."""

from __future__ import annotations

from typing import Any

import bpy

from ..settings import styles
from ..settings.mattes import matte_problem
from ..settings.optimised import by_optimisation
from ..settings.owner import Owner
from ..settings.painting import painting_fault
from . import copy_to_strips, recipe_operators, region_operators
from .optimisation import paintings_words, thumbnail_of_painting
from .problem import draw_problem
from .sections import Section
from .style_chooser import style_words
from .thumbnails import thumbnail

__all__ = ["CLASSES", "SECTION", "draw_regions"]


class BRUSHPASS_UL_regions(bpy.types.UIList):
    """Regions, front to back"""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: Any,
        item: Any,
        icon: int,
        active_data: Any,
        active_property: str,
    ) -> None:
        row = layout.row(align=True)
        row.active = item.enabled
        optimised = by_optimisation(item)
        picture = thumbnail_of_painting(item) if optimised else thumbnail(styles.find(item.style))
        if picture:
            row.label(text="", icon_value=picture)
        else:
            row.label(text="", icon="BRUSH_DATA" if optimised or item.style else "IMAGE_PLANE")
        row.prop(item, "name", text="", emboss=False)
        if optimised or not item.style:
            words = row.row()
            words.active = False
            words.alignment = "RIGHT"
            words.label(text=paintings_words(item) if optimised else style_words(item))
        if matte_problem(item) or painting_fault(item):
            row.label(text="", icon="ERROR")
        kind = item.matte.bl_rna.properties["kind"].enum_items[item.matte.kind]
        row.label(text="", icon=kind.icon)
        layout.prop(item, "enabled", text="")


class BRUSHPASS_MT_regions(bpy.types.Menu):
    bl_idname = "BRUSHPASS_MT_regions"
    bl_label = "Regions"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator(region_operators.BRUSHPASS_OT_region_duplicate.bl_idname, icon="DUPLICATE")
        layout.separator()
        layout.operator(copy_to_strips.BRUSHPASS_OT_copy_to_strips.bl_idname, icon="COPYDOWN")
        layout.separator()
        layout.operator(recipe_operators.BRUSHPASS_OT_recipe_import.bl_idname, text="Import Recipe…", icon="IMPORT")
        layout.operator(recipe_operators.BRUSHPASS_OT_recipe_export.bl_idname, text="Export Recipe…", icon="EXPORT")


def draw_regions(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    """The list, its buttons and its menu."""
    settings = owner.settings
    if not len(settings.regions):
        draw_problem(layout, "A region is a part of the picture with a style of its own.", icon="INFO")
        row = layout.row(align=True)
        row.scale_y = 1.4
        row.operator(region_operators.BRUSHPASS_OT_region_add.bl_idname, icon="ADD")
        row.menu(BRUSHPASS_MT_regions.bl_idname, text="", icon="DOWNARROW_HLT")
        return
    row = layout.row()
    rows = 5 if len(settings.regions) > 1 else 3
    row.template_list("BRUSHPASS_UL_regions", "", settings, "regions", settings, "active_region", rows=rows)
    column = row.column(align=True)
    column.operator(region_operators.BRUSHPASS_OT_region_add.bl_idname, text="", icon="ADD")
    column.operator(region_operators.BRUSHPASS_OT_region_remove.bl_idname, text="", icon="REMOVE")
    column.separator()
    column.menu(BRUSHPASS_MT_regions.bl_idname, text="", icon="DOWNARROW_HLT")
    if len(settings.regions) > 1:
        column.separator()
        column.operator(region_operators.BRUSHPASS_OT_region_forward.bl_idname, text="", icon="TRIA_UP")
        column.operator(region_operators.BRUSHPASS_OT_region_backward.bl_idname, text="", icon="TRIA_DOWN")


SECTION = Section(name="regions", label="Regions", order=10, draw=draw_regions)
CLASSES = (BRUSHPASS_UL_regions, BRUSHPASS_MT_regions)
