"""What the region covers."""

from __future__ import annotations

import bpy

from ..compositor.style_node.node_owner import node_of
from ..settings.found_objects import KIND as FOUND_OBJECTS
from ..settings.groups import CRYPTOMATTE_LAYERS
from ..settings.mattes import matte_problem
from ..settings.owner import Owner
from .key_operators import draw_keyed, draw_still
from .objects_matte import draw_objects
from .operator import RegionOperator
from .problem import draw_problem
from .sections import Section, active_region

__all__ = ["CLASSES", "SECTION"]

_WITHOUT_EDGE = ("EVERYTHING", "CUSTOM")


class BRUSHPASS_OT_matte_name_add(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.matte_name_add"
    bl_label = "Add Name"
    bl_description = "Add a name; * stands for anything and ? for any one sign"

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        active_region(owner).matte.names.add()


class BRUSHPASS_OT_matte_name_remove(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.matte_name_remove"
    bl_label = "Remove Name"
    bl_description = "Take this name out of the region"

    index: bpy.props.IntProperty(options={"SKIP_SAVE"})

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        active_region(owner).matte.names.remove(self.index)


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    region = active_region(owner)
    if region is None:
        return
    matte = region.matte
    layout.use_property_split = True
    layout.use_property_decorate = False
    draw_still(layout, matte, "kind", text="Source")
    if matte.kind in (*CRYPTOMATTE_LAYERS, "CRYPTOMATTE"):
        _draw_names(layout, owner, matte)
    elif matte.kind == FOUND_OBJECTS:
        draw_objects(layout, owner, matte.objects)
        if node_of(owner) is not None:
            layout.operator("brushpass.node_eyedropper", icon="EYEDROPPER")
    elif matte.kind == "IMAGES":
        draw_still(layout, matte, "path", text="File")
        draw_still(layout, matte, "channel")
    elif matte.kind == "MASK":
        draw_still(layout, matte, "mask")
    elif matte.kind == "INPUT":
        draw_still(layout, matte, "mask_input")
    elif matte.kind == "STRIP":
        _draw_strip(layout, owner, context, matte)
        draw_still(layout, matte, "channel")
    elif matte.kind == "CUSTOM":
        draw_problem(layout, f"Kept as the recipe wrote it: {matte.custom}", icon="NODETREE")
    trouble = matte_problem(region)
    if trouble:
        draw_problem(layout, trouble)
    if matte.kind not in _WITHOUT_EDGE:
        column = layout.column()
        draw_still(column, matte, "grow")
        draw_keyed(column, owner, owner.settings.active_region, "feather")
        column.prop(matte, "invert")


def _draw_names(layout: bpy.types.UILayout, owner: Owner, matte: bpy.types.PropertyGroup) -> None:
    if matte.kind == "CRYPTOMATTE":
        draw_still(layout, matte, "layer")
    column = layout.column(align=True)
    column.use_property_split = False
    for index, entry in enumerate(matte.names):
        row = column.row(align=True)
        row.prop(entry, "name", text="", placeholder="Name, * for any")
        row.operator(BRUSHPASS_OT_matte_name_remove.bl_idname, text="", icon="REMOVE").index = index
    row = column.row(align=True)
    row.operator(BRUSHPASS_OT_matte_name_add.bl_idname, icon="ADD")
    if node_of(owner) is not None:
        row.operator("brushpass.node_eyedropper", text="", icon="EYEDROPPER")


def _draw_strip(
    layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context, matte: bpy.types.PropertyGroup
) -> None:
    scene = owner.id if isinstance(owner.id, bpy.types.Scene) else context.scene
    if scene.sequence_editor is None:
        draw_problem(layout, "The scene has no sequencer strips", icon="INFO")
        return
    row = layout.row(align=True)
    row.alert = bool(matte.strip) and matte.strip not in scene.sequence_editor.strips_all
    row.prop_search(matte, "strip", scene.sequence_editor, "strips_all", icon="SEQUENCE")
    row.label(text="", icon="BLANK1")


SECTION = Section(
    name="matte", label="Matte", order=20, draw=_draw, shown=lambda owner: active_region(owner) is not None
)
CLASSES = (BRUSHPASS_OT_matte_name_add, BRUSHPASS_OT_matte_name_remove)
