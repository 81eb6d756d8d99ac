"""Capture, Bake, and back again.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import bpy

from ...contract.errors import NstError, UsageError
from ...jobs.order import unfinished
from ...jobs.work import Work
from ...sequencer.ordering import Ordered, discard, save_copies, work_for
from ...sequencer.starting import Starts
from ...sequencer.watch import queue
from ...settings.owner import active_owner
from ..bridge.slots import passes_of
from ..style_node.node_owner import node_of
from ..style_node.trees import style_nodes, style_trees
from ..style_node.wiring import mend
from .bake import bake, baked_nodes, is_baked, unbake
from .node_record import CAPTURE, frames_there
from .ordering import adopt_shelf, order_capture, shelf_of
from .recipe import capture_scene
from .state import why_stale

__all__ = [
    "check_bakes",
    "is_finished",
    "register",
    "resumable_capture",
    "stale",
    "start_capture",
    "unregister",
    "work_of_node",
]


def work_of_node(node: bpy.types.Node) -> Work | None:
    """The last work of styling about a node."""
    own = node.record.mark
    works = (work for work in reversed(queue.works) if isinstance(work, Work))
    return next((work for work in works if own and work.order.mark == own), None)


def is_finished(node: bpy.types.Node) -> bool:
    """Whether a node has all that it would paint now: every frame of its scene, of every output that is read."""
    record = node.record
    if not record.version or why_stale(node, thorough=True):
        return False
    scene = capture_scene(node)
    wanted = set(range(min(record.first, scene.frame_start), max(record.last, scene.frame_end) + 1))
    read = [part.part for part in passes_of(1) if part.part == "image" or node.outputs[part.socket].is_linked]
    return all(wanted <= frames_there(record, part) for part in read)


def stale(node: bpy.types.Node) -> str:
    """Why a node's frames are not what it would paint now, in a sentence; empty where they are, or there are none.

    Files and scenes are not asked, for it is told with every redraw.
    """
    if not node.record.version:
        return ""
    try:
        return why_stale(node)
    except NstError as fault:
        return fault.sentence()


def start_capture(node: bpy.types.Node, *, bake: bool, frames: tuple[int, int] | None = None) -> Work:
    """The work that styles all frames of a node; raises as ``order_capture``, and leaves nothing behind then."""
    _refuse_running(node)
    if bake:
        check_bakes(node)
    ordered = order_capture(node, bake=bake, frames=frames)
    try:
        save_copies([ordered])
    except NstError:
        discard(ordered.folder)
        raise
    return work_for(ordered)


def check_bakes(node: bpy.types.Node) -> None:
    """Raises :class:`UsageError` for a node that shows nothing: its bake would."""
    if node.mute:
        raise UsageError(f"{node.name!r} is muted, and its bake would not be", remedy="unmute it, or delete it")


def resumable_capture(node: bpy.types.Node) -> Ordered | None:
    """The order of a node's newest version, where it was not fulfilled."""
    adopt_shelf(node)
    shelf = shelf_of(node)
    found = unfinished(shelf, node.record.version_pattern or "v###") if shelf is not None else None
    # The file may have another name since.
    return None if found is None else Ordered(replace(found[1], blend=bpy.data.filepath), found[0])


def _refuse_running(node: bpy.types.Node) -> None:
    running = work_of_node(node)
    if running is not None and not running.progress.state.ended:
        raise UsageError(f"{node.name!r} is being styled", remedy="wait for it, or cancel it first")


class _OnNode:
    """An operator on a Style node: that on whose face the button is, the active one, or that of a name."""

    node: bpy.props.StringProperty(name="Node", options={"SKIP_SAVE", "HIDDEN"})
    tree: bpy.props.StringProperty(name="Tree", options={"SKIP_SAVE", "HIDDEN"})

    def meant(self, context: bpy.types.Context) -> bpy.types.Node:
        """Raises :class:`UsageError` where there is none."""
        if self.node:
            for tree in style_trees():
                for node in style_nodes(tree):
                    if node.name == self.node and self.tree in ("", tree.name):
                        return node
            raise UsageError(f"there is no Style node {self.node!r}", remedy="give the name of one that is there")
        owner = active_owner(context)
        found = node_of(owner) if owner is not None else None
        if found is None:
            raise UsageError("no Style node is selected", remedy="select one")
        return found


class _StartsNode(_OnNode, Starts):
    node: bpy.props.StringProperty(name="Node", options={"SKIP_SAVE", "HIDDEN"})
    tree: bpy.props.StringProperty(name="Tree", options={"SKIP_SAVE", "HIDDEN"})


class BRUSHPASS_OT_node_capture(_StartsNode, bpy.types.Operator):
    """Render what is linked to the node, paint all frames of the scene in the background, then play them back"""

    bl_idname = "brushpass.node_capture"
    bl_label = "Capture and Style"
    # Its one step of undo is the result's, which comes later.
    bl_options: ClassVar = {"REGISTER"}

    def works(self, context: bpy.types.Context) -> Sequence[Work]:
        node = self.meant(context)
        if node.mode != CAPTURE:
            raise UsageError(f"{node.name!r} paints while rendering", remedy="set its mode to Capture, or use Bake")
        return [start_capture(node, bake=False)]


class BRUSHPASS_OT_node_capture_resume(_StartsNode, bpy.types.Operator):
    """Go on where the node's last version stopped, as it was asked for then"""

    bl_idname = "brushpass.node_capture_resume"
    bl_label = "Resume"
    bl_options: ClassVar = {"REGISTER"}

    def works(self, context: bpy.types.Context) -> Sequence[Work]:
        node = self.meant(context)
        _refuse_running(node)
        found = resumable_capture(node)
        if found is None:
            raise UsageError(f"nothing of {node.name!r} is unfinished", remedy="use Capture and Style, or Bake")
        return [work_for(found)]


class BRUSHPASS_OT_node_bake(_StartsNode, bpy.types.Operator):
    """Put an image sequence of the styled frames in the node's place, for machines without Brushpass"""

    bl_idname = "brushpass.node_bake"
    bl_label = "Bake"
    bl_options: ClassVar = {"REGISTER"}

    def works(self, context: bpy.types.Context) -> Sequence[Work]:
        node = self.meant(context)
        if node.mode == CAPTURE and is_finished(node):
            check_bakes(node)
            name = node.name
            bake(node.id_data, node)  # type: ignore[arg-type]
            mend()
            bpy.ops.ed.undo_push(message=f"Bake {name}")
            return []
        return [start_capture(node, bake=True)]


class BRUSHPASS_OT_node_unbake(bpy.types.Operator):
    """Put the Style node back where its frames stand, with all of its settings"""

    bl_idname = "brushpass.node_unbake"
    bl_label = "Remove Bake"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    node: bpy.props.StringProperty(name="Node", options={"SKIP_SAVE", "HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        found = self._meant(context)
        if found is None:
            self.report({"ERROR"}, "No baked Style node is selected: select one")
            return {"CANCELLED"}
        try:
            node, lost = unbake(*found)
        except UsageError as fault:
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}
        if lost:
            told = f"What was linked to {', '.join(lost)} of {node.name!r} has another name now, or is gone: link it"
            self.report({"WARNING"}, told)
        mend()
        return {"FINISHED"}

    def _meant(self, context: bpy.types.Context) -> tuple[bpy.types.NodeTree, bpy.types.Node] | None:
        if not self.node:
            active = context.active_node if context.space_data is not None else None
            return (active.id_data, active) if active is not None and is_baked(active) else None  # type: ignore[return-value]
        found = ((tree, node) for tree in style_trees() for node in baked_nodes(tree) if node.name == self.node)
        return next(found, None)


class BRUSHPASS_OT_node_to_capture(_OnNode, bpy.types.Operator):
    """Let the node paint what is linked to it, all nodes before it included, instead of the view layer itself"""

    bl_idname = "brushpass.node_to_capture"
    bl_label = "Switch to Capture"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    node: bpy.props.StringProperty(name="Node", options={"SKIP_SAVE", "HIDDEN"})
    tree: bpy.props.StringProperty(name="Tree", options={"SKIP_SAVE", "HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            node = self.meant(context)
        except UsageError as fault:
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}
        node.mode = CAPTURE
        mend()
        return {"FINISHED"}


_CLASSES = (
    BRUSHPASS_OT_node_capture,
    BRUSHPASS_OT_node_capture_resume,
    BRUSHPASS_OT_node_bake,
    BRUSHPASS_OT_node_unbake,
    BRUSHPASS_OT_node_to_capture,
)


def register() -> None:
    for cls in _CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
