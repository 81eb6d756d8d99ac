"""The button that gives a blurred view layer one for its motion, and what says that there is one.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

import bpy

from ..compositor.style_node.data_layers import add_data_layer, blurred_layers, data_layer_of, remove_data_layer
from ..compositor.style_node.node_owner import node_of
from ..contract.errors import UsageError
from ..data_layer import may_have_data_layer
from ..settings.owner import Owner
from .operator import OwnerOperator

__all__ = ["CLASSES", "draw_data_layer", "draw_missing_data_layer"]


class BRUSHPASS_OT_data_layer(OwnerOperator, bpy.types.Operator):
    bl_idname = "brushpass.data_layer"
    bl_label = "Add Data Layer"

    remove: bpy.props.BoolProperty(name="Remove", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties: "BRUSHPASS_OT_data_layer") -> str:
        if properties.remove:
            return "Remove the view layer that was added for motion; motion is then estimated from the pictures"
        return (
            "Add a view layer without motion blur, for depth and motion alone: the picture stays blurred, and its "
            "motion is exact. Each frame is sent to the renderer once more, for one sample, which takes long where "
            "there is much geometry; 36 bytes a pixel of memory and cache. Multilayer files of the scene have it too"
        )

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        node = node_of(owner)
        found = [] if node is None else list(blurred_layers(node))
        if not found:
            raise UsageError("nothing that a Style node reads is blurred", remedy="select a node of a blurred scene")
        for scene, layer in found:
            if self.remove:
                remove_data_layer(scene, layer)
            elif data_layer_of(scene, layer) is None:
                add_data_layer(scene, layer)


def draw_data_layer(layout: bpy.types.UILayout, owner: Owner) -> None:
    """Where motion comes from while the picture is blurred, and the button that changes it."""
    node = node_of(owner)
    for scene, layer in blurred_layers(node) if node is not None else ():
        data = data_layer_of(scene, layer)
        if data is not None:
            row = layout.row()
            row.label(text=f"Motion from {data.name!r}", icon="RENDERLAYERS")
            row.operator(BRUSHPASS_OT_data_layer.bl_idname, text="", icon="X").remove = True
        elif may_have_data_layer(scene):
            layout.operator(BRUSHPASS_OT_data_layer.bl_idname, icon="ADD")
        else:
            layout.label(text="Motion blur: only Cycles can render motion beside it", icon="INFO")


def draw_missing_data_layer(layout: bpy.types.UILayout, node: bpy.types.Node) -> None:
    """The button alone, where it would help."""
    if any(may_have_data_layer(scene) and data_layer_of(scene, layer) is None for scene, layer in blurred_layers(node)):
        layout.operator(BRUSHPASS_OT_data_layer.bl_idname, icon="ADD")


CLASSES = (BRUSHPASS_OT_data_layer,)
