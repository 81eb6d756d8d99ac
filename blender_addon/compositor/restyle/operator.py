"""Restyle, in the interface: progress in the status bar, Esc ends it.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

import bpy

from ...contract.errors import NstError
from ..bridge.rendering import rendering
from . import stale_watch
from .repainting import begin, finish, unfit
from .restyling import Restyling

__all__ = ["BRUSHPASS_OT_restyle", "register", "unregister"]

_TICK = 0.1


class BRUSHPASS_OT_restyle(bpy.types.Operator):
    """Apply changed settings of Style nodes to the last render, from its passes: nothing is rendered in 3D"""

    bl_idname = "brushpass.restyle"
    bl_label = "Restyle"
    # A render is no part of the file: there is nothing to undo.
    bl_options = {"REGISTER"}  # noqa: RUF012 - Blender reads a set

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        assert context.scene is not None
        problem = unfit(context.scene)
        if problem:
            cls.poll_message_set(problem)
        return not problem

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self._begin(context) is None:
            return {"CANCELLED"}
        self._timer = context.window_manager.event_timer_add(_TICK, window=context.window)
        context.window_manager.modal_handler_add(self)
        stale_watch.redraw()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        restyling = rendering.restyling
        if restyling is None:
            return self._leave(context, {"CANCELLED"})
        if event.type == "ESC" and event.value == "PRESS":
            restyling.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if not restyling.ended:
            context.workspace.status_text_set(f"Restyle  {restyling.text}  Esc: cancel")
            return {"PASS_THROUGH"}
        return self._leave(context, self._finish())

    def cancel(self, context: bpy.types.Context) -> None:
        if rendering.restyling is not None:
            rendering.restyling.cancel()
            rendering.restyling = None
        self._leave(context, {"CANCELLED"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        restyling = self._begin(context)
        if restyling is None:
            return {"CANCELLED"}
        restyling.wait()
        return self._finish()

    def _begin(self, context: bpy.types.Context) -> Restyling | None:
        assert context.scene is not None
        self._scene = context.scene.name
        try:
            return begin(context.scene)
        except NstError as fault:
            self.report({"ERROR"}, fault.sentence())
            return None

    def _finish(self) -> set[str]:
        scene = bpy.data.scenes.get(self._scene)
        if scene is None:
            rendering.restyling = None
            return {"CANCELLED"}
        try:
            outcomes = finish(scene)
        except NstError as fault:
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}
        for outcome in outcomes:
            if outcome.told.fault is not None:
                self.report({"ERROR"}, f"{outcome.node.node}: {outcome.told.fault.sentence()}")
        stale_watch.look()
        return {"FINISHED"} if any(outcome.pictures for outcome in outcomes) else {"CANCELLED"}

    def _leave(self, context: bpy.types.Context, outcome: set[str]) -> set[str]:
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        stale_watch.redraw()
        return outcome


def _draw_in_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    if context.scene is not None and rendering.kept.find(context.scene.name) is not None:
        self.layout.separator()
        self.layout.operator(BRUSHPASS_OT_restyle.bl_idname, icon="BRUSH_DATA")


def register() -> None:
    bpy.utils.register_class(BRUSHPASS_OT_restyle)
    bpy.types.TOPBAR_MT_render.append(_draw_in_menu)  # type: ignore[arg-type]


def unregister() -> None:
    bpy.types.TOPBAR_MT_render.remove(_draw_in_menu)  # type: ignore[arg-type]
    bpy.utils.unregister_class(BRUSHPASS_OT_restyle)
    stale_watch.stop()
