"""The eyedropper for Style nodes: point at the render, see what is under the pointer, click to add it.

Blender opens renders in a window of their own, and tells an operator of one window's events alone: so each other
window has one that passes on what it hears. Postponed annotations are off in this file: Blender reads the
properties from them.
"""

from typing import Any, ClassVar

import bpy

from ...contract.errors import NstError, UsageError
from ...settings.owner import active_owner
from ..style_node.node_owner import node_of
from ..style_node.trees import scenes_of
from . import node_highlight
from .node_picking import NodePicking
from .node_plate import node_plate

__all__ = ["register", "unregister"]

_TICK = 0.05
_HINT = "Click: add to the region      Esc: leave"


class _Session:
    """What all windows have in common while names are picked."""

    def __init__(self) -> None:
        self.picking: NodePicking | None = None
        self.heard: set[int] = set()
        """Windows that are heard, by their addresses."""
        self._told = ""

    def begin(self, picking: NodePicking) -> None:
        self.picking = picking
        node_highlight.show(picking)

    def tell(self) -> None:
        """Say what is under the pointer in the headers of the editors that show the render."""
        assert self.picking is not None
        if self.picking.text != self._told:
            self._told = self.picking.text
            for area in self.picking.areas():
                area.header_text_set(self._told)

    def end(self) -> None:
        picking, self.picking = self.picking, None
        self.heard.clear()
        self._told = ""
        if picking is None:
            return
        picking.close()
        for window in bpy.context.window_manager.windows:
            window.cursor_modal_restore()
            window.workspace.status_text_set(None)
            for area in window.screen.areas:
                if area.type in ("NODE_EDITOR", "IMAGE_EDITOR"):
                    area.header_text_set(None)
        node_highlight.show(None)


_session = _Session()


def _meant(context: bpy.types.Context) -> tuple[bpy.types.Node, bpy.types.Scene]:
    """The node whose settings are shown and the scene that it styles; raises :class:`UsageError` where none is."""
    owner = active_owner(context)
    node = node_of(owner) if owner is not None else None
    if node is None:
        raise UsageError("no Style node is selected", remedy="select a Style node")
    scenes = scenes_of(node.id_data)  # type: ignore[arg-type]
    if context.scene not in scenes:
        raise UsageError("the node is not in the compositor of this scene", remedy="choose the scene that it styles")
    return node, context.scene


class BRUSHPASS_OT_node_eyedropper(bpy.types.Operator):
    """Pick parts of the last render for the active region, in the compositor's backdrop or an Image Editor"""

    bl_idname = "brushpass.node_eyedropper"
    bl_label = "Pick in Render"
    # Each click is a step of undo.
    bl_options: ClassVar = {"REGISTER"}

    listens: bpy.props.BoolProperty(options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if _session.picking is not None:
            return True
        try:
            node_plate(*_meant(context))
        except NstError as fault:
            cls.poll_message_set(fault.remedy[:1].upper() + fault.remedy[1:])
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._timer: Any = None
        if not self.listens:
            if _session.picking is not None:
                # The button pressed once more.
                _session.end()
                return {"CANCELLED"}
            try:
                _session.begin(NodePicking(*_meant(context)))
            except NstError as fault:
                self.report({"ERROR"}, fault.sentence())
                return {"CANCELLED"}
            self._timer = context.window_manager.event_timer_add(_TICK, window=context.window)
        self._picking = _session.picking
        context.window.cursor_modal_set("CROSSHAIR")
        context.window.workspace.status_text_set(_HINT)
        context.window_manager.modal_handler_add(self)
        _session.heard.add(context.window.as_pointer())
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self._picking is None or _session.picking is not self._picking:
            return self._leave(context, {"FINISHED", "PASS_THROUGH"})
        try:
            return self._hear(context, self._picking, event)
        except NstError as fault:
            _session.end()
            self.report({"ERROR"}, fault.sentence())
            return self._leave(context, {"CANCELLED"})

    def cancel(self, context: bpy.types.Context) -> None:
        if self._timer is not None:
            _session.end()
        self._leave(context, set())

    def _hear(self, context: bpy.types.Context, picking: NodePicking, event: bpy.types.Event) -> set[str]:
        window = context.window
        if event.type in ("ESC", "RIGHTMOUSE") and event.value == "PRESS":
            _session.end()
            return self._leave(context, {"FINISHED"})
        if event.type == "TIMER":
            if self._timer is not None:
                self._listen_everywhere(context)
                if picking.step():
                    node_highlight.redraw()
                _session.tell()
        elif event.type == "MOUSEMOVE" and window is not None:
            inside = picking.point(window, event.mouse_x, event.mouse_y)
            window.cursor_modal_set("CROSSHAIR" if inside else "DEFAULT")
        elif event.type == "LEFTMOUSE" and window is not None and picking.point(window, event.mouse_x, event.mouse_y):
            if event.value == "PRESS":
                picking.click()
            return {"RUNNING_MODAL"}
        # Zoom, pan and the panels stay what they are.
        return {"PASS_THROUGH"}

    def _listen_everywhere(self, context: bpy.types.Context) -> None:
        for window in context.window_manager.windows:
            if window.as_pointer() not in _session.heard:
                with context.temp_override(window=window):
                    bpy.ops.brushpass.node_eyedropper("INVOKE_DEFAULT", listens=True)

    def _leave(self, context: bpy.types.Context, outcome: set[str]) -> set[str]:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        self._picking = None
        return outcome


def register() -> None:
    node_highlight.register()
    bpy.utils.register_class(BRUSHPASS_OT_node_eyedropper)


def unregister() -> None:
    _session.end()
    bpy.utils.unregister_class(BRUSHPASS_OT_node_eyedropper)
    node_highlight.unregister()
