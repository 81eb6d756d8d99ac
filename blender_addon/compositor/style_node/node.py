"""The Style node of the compositor.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

from collections.abc import Callable

import bpy

from ... import compat
from ...settings.groups import BrushpassSettings
from ..capture.node_record import CAPTURE, LIVE, BrushpassNodeRecord, new_mark
from .node_group import ensure_group
from .node_name import NODE_ID
from .trees import group_of

__all__ = ["BrushpassStyleNode", "bodies", "register", "unregister"]

bodies: list[Callable[[bpy.types.UILayout, bpy.types.Node, bpy.types.Context], None]] = []
"""What draws the node's face."""


_MODES = (
    (LIVE, "While Rendering", "Paint the view layer in the very render that makes it", "RENDER_STILL", 0),
    (
        CAPTURE,
        "Capture",
        "Render whatever is linked first, paint all frames in the background, then play them back without 3D",
        "RENDER_ANIMATION",
        1,
    ),
)


class BrushpassStyleNode(bpy.types.CompositorNodeCustomGroup):
    """Paint parts of a view layer in the styles of paintings, while the frame is rendered"""

    bl_idname = NODE_ID
    bl_label = "Style"
    bl_icon = "BRUSH_DATA"
    bl_width_default = 260.0
    bl_width_min = 200.0

    brushpass: bpy.props.PointerProperty(type=BrushpassSettings)
    mode: bpy.props.EnumProperty(name="Mode", items=_MODES, default=LIVE, options=set())
    record: bpy.props.PointerProperty(type=BrushpassNodeRecord)
    copied_from: bpy.props.StringProperty(
        description="Mark of the node whose keyframes it is still to be given", options={"HIDDEN"}
    )
    slot: bpy.props.IntProperty(description="Its slot of the bridge, 0 where it has none", options={"HIDDEN"})

    @classmethod
    def poll(cls, tree: bpy.types.NodeTree) -> bool:
        return tree.bl_idname == "CompositorNodeTree" and compat.may_composite(tree)

    def poll_instance(self, tree: bpy.types.NodeTree) -> bool:
        return self.poll(tree) and group_of(tree) is None

    def init(self, context: bpy.types.Context) -> None:
        self.node_tree = ensure_group()  # type: ignore[assignment]
        self.record.mark = new_mark()

    def copy(self, node: bpy.types.Node) -> None:
        # Two nodes in one slot would show one picture, two with one mark would write to one folder.
        self.slot = 0
        # What is pasted is the copy of a copy.
        self.copied_from = node.copied_from or node.record.mark
        self.record.mark = new_mark()

    def draw_buttons(self, context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        for draw in bodies:
            draw(layout, self, context)


def register() -> None:
    bpy.utils.register_class(BrushpassStyleNode)


def unregister() -> None:
    bpy.utils.unregister_class(BrushpassStyleNode)
