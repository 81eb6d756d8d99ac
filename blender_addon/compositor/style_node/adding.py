"""Add > Style, and its place in the menu.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

from typing import ClassVar

import bpy

from ..bridge.slots import SLOTS
from .node_group import IMAGE
from .node_name import NODE_ID
from .trees import group_of, scenes_of, style_nodes
from .wiring import mend

__all__ = ["register", "unregister"]


class BRUSHPASS_OT_style_node_add(bpy.types.Operator):
    bl_idname = "brushpass.style_node_add"
    bl_label = "Style"
    bl_description = "Add a node that paints parts of a view layer in the styles of paintings"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    use_transform: bpy.props.BoolProperty(default=False, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        space = context.space_data
        if space is None or space.type != "NODE_EDITOR" or space.tree_type != "CompositorNodeTree":
            return False
        tree = space.edit_tree
        if tree is None:
            cls.poll_message_set("Make a compositor tree first: New")
            return False
        if group_of(tree) is not None:
            cls.poll_message_set("Leave the group: Blender renders nothing for a Style node within one")
            return False
        if len(style_nodes(tree)) >= SLOTS:
            cls.poll_message_set(f"A tree can have {SLOTS} Style nodes; give one of them more regions")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.space_data.cursor_location_from_region(event.mouse_region_x, event.mouse_region_y)
        outcome = self.execute(context)
        if self.use_transform and outcome == {"FINISHED"}:
            bpy.ops.node.translate_attach_remove_on_cancel("INVOKE_DEFAULT")
        return outcome

    def execute(self, context: bpy.types.Context) -> set[str]:
        tree = context.space_data.edit_tree
        for other in tree.nodes:
            other.select = False
        node = tree.nodes.new(NODE_ID)
        node.location = context.space_data.cursor_location
        node.select = True
        tree.nodes.active = node
        _link_source(tree, node)
        switched_on = mend()
        if switched_on:
            self.report({"INFO"}, f"Switched on: {'; '.join(switched_on)}")
        return {"FINISHED"}


def _link_source(tree: bpy.types.NodeTree, node: bpy.types.Node) -> None:
    """Link the picture of the scene's own Render Layers node."""
    scenes = scenes_of(tree)
    for other in tree.nodes:
        if other.bl_idname == "CompositorNodeRLayers" and other.scene in scenes:
            tree.links.new(other.outputs[IMAGE], node.inputs[IMAGE])
            return


def _draw_in_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    if context.space_data.tree_type == "CompositorNodeTree":
        layout = self.layout
        layout.separator()
        layout.operator(BRUSHPASS_OT_style_node_add.bl_idname, icon="BRUSH_DATA").use_transform = True


def register() -> None:
    bpy.utils.register_class(BRUSHPASS_OT_style_node_add)
    bpy.types.NODE_MT_compositor_node_add_all.append(_draw_in_menu)


def unregister() -> None:
    bpy.types.NODE_MT_compositor_node_add_all.remove(_draw_in_menu)
    bpy.utils.unregister_class(BRUSHPASS_OT_style_node_add)
