"""Presets of regions, and the menu that holds them."""

from __future__ import annotations

from collections.abc import Set
from typing import ClassVar

import bpy

from ..settings import presets
from ..settings.owner import Owner, active_owner
from .operator import OwnerOperator, RegionOperator

__all__ = ["CLASSES", "draw_presets_button"]


class BRUSHPASS_OT_preset_apply(OwnerOperator, bpy.types.Operator):
    bl_idname = "brushpass.preset_apply"
    bl_label = "Apply Preset"
    bl_description = "Replace the regions by those of this preset"

    name: bpy.props.StringProperty(name="Name", options={"SKIP_SAVE"})

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        presets.apply(owner, self.name)


class BRUSHPASS_OT_preset_add(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.preset_add"
    bl_label = "Save Preset"
    bl_description = "Keep these regions as a preset; one of the same name is replaced"
    bl_options: ClassVar = {"REGISTER"}

    name: bpy.props.StringProperty(name="Name", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Set[str]:
        owner = active_owner(context)
        self.name = owner.label if owner is not None else ""
        return context.window_manager.invoke_props_dialog(self, title="Save Preset", confirm_text="Save")

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        presets.save(owner, self.name)
        self.report({"INFO"}, f"Saved the preset {self.name!r}")


class BRUSHPASS_OT_preset_remove(OwnerOperator, bpy.types.Operator):
    bl_idname = "brushpass.preset_remove"
    bl_label = "Remove Preset"
    bl_description = "Delete this preset"
    bl_options: ClassVar = {"REGISTER"}

    name: bpy.props.StringProperty(name="Name", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Set[str]:
        return context.window_manager.invoke_confirm(self, event, message=f"Delete the preset “{self.name}”?")

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        presets.remove(self.name)


class BRUSHPASS_PT_presets(bpy.types.Panel):
    """Presets of regions"""

    bl_idname = "BRUSHPASS_PT_presets"
    bl_label = "Region Presets"
    bl_space_type = "TOPBAR"
    bl_region_type = "HEADER"
    bl_ui_units_x = 12

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.label(text="Region Presets")
        names = presets.names()
        column = layout.column(align=True)
        for name in names:
            row = column.row(align=True)
            row.operator(BRUSHPASS_OT_preset_apply.bl_idname, text=name).name = name
            row.operator(BRUSHPASS_OT_preset_remove.bl_idname, text="", icon="REMOVE").name = name
        if not names:
            column.label(text="None saved yet", icon="INFO")
        layout.separator(type="LINE")
        layout.operator(BRUSHPASS_OT_preset_add.bl_idname, text="Save Regions as Preset…", icon="ADD")


def draw_presets_button(layout: bpy.types.UILayout) -> None:
    """The button in a panel's header."""
    layout.emboss = "NONE"
    layout.popover(BRUSHPASS_PT_presets.bl_idname, text="", icon="PRESET")


CLASSES = (
    BRUSHPASS_OT_preset_apply,
    BRUSHPASS_OT_preset_add,
    BRUSHPASS_OT_preset_remove,
    BRUSHPASS_PT_presets,
)
