"""Preview, stop it, and take it away."""

from __future__ import annotations

import time

import bpy

from ..contract.errors import NstError
from . import previews

__all__ = ["register", "unregister", "wait"]

_HEADLESS_TICK = 0.02


def wait() -> None:
    """Until the preview is there, for a Blender without windows."""
    while previews.step():
        time.sleep(_HEADLESS_TICK)


class _OnStrip:
    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            previews.target(context)
        except NstError as fault:
            cls.poll_message_set(fault.remedy.capitalize())
            return False
        return True


class BRUSHPASS_OT_preview(_OnStrip, bpy.types.Operator):
    """Paint the frame at the playhead: quickly in a small picture first, then in full size"""

    bl_idname = "brushpass.preview"
    bl_label = "Preview Frame"
    # Pictures are no part of the file: there is nothing to undo.
    bl_options = {"REGISTER"}  # noqa: RUF012 - Blender reads a set

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            previews.request(*previews.target(context))
        except NstError as fault:
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}
        if bpy.app.background:
            wait()
            fault = previews.fault()
            if fault is not None:
                self.report({"ERROR"}, fault.sentence())
                return {"CANCELLED"}
        return {"FINISHED"}


class BRUSHPASS_OT_preview_stop(bpy.types.Operator):
    """End the preview that is being made"""

    bl_idname = "brushpass.preview_stop"
    bl_label = "Stop Preview"
    bl_options = {"REGISTER"}  # noqa: RUF012 - Blender reads a set

    def execute(self, context: bpy.types.Context) -> set[str]:
        previews.stop()
        return {"FINISHED"}


class BRUSHPASS_OT_preview_clear(bpy.types.Operator):
    """Take the preview away, and free the memory that it takes"""

    bl_idname = "brushpass.preview_clear"
    bl_label = "Remove Preview"
    bl_options = {"REGISTER"}  # noqa: RUF012 - Blender reads a set

    def execute(self, context: bpy.types.Context) -> set[str]:
        previews.clear()
        return {"FINISHED"}


_CLASSES = (BRUSHPASS_OT_preview, BRUSHPASS_OT_preview_stop, BRUSHPASS_OT_preview_clear)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
