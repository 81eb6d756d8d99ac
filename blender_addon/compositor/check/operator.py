"""Check, as a button and in the menu Render."""

from __future__ import annotations

from typing import ClassVar

import bpy

from .preflight import has_nodes
from .results import checks

__all__ = ["register", "unregister"]


class BRUSHPASS_OT_check(bpy.types.Operator):
    """Say what would make an animation of the scene fail, black or stale, without rendering"""

    bl_idname = "brushpass.check"
    bl_label = "Check"
    # Nothing of the file is changed: there is nothing to undo.
    bl_options: ClassVar = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene is None or not has_nodes(context.scene):
            cls.poll_message_set("Add a Style node to the scene's compositor first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        assert context.scene is not None
        found = checks.look(context.scene).findings
        for finding in found:
            self.report({"ERROR" if finding.severity == "error" else "WARNING"}, finding.sentence())
        if not found:
            self.report({"INFO"}, f"Nothing is wrong with {context.scene.name!r}")
        return {"FINISHED"}


def _draw_in_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    if context.scene is not None and has_nodes(context.scene):
        self.layout.operator(BRUSHPASS_OT_check.bl_idname, text="Check Styles", icon="CHECKMARK")


def register() -> None:
    bpy.utils.register_class(BRUSHPASS_OT_check)
    bpy.types.TOPBAR_MT_render.append(_draw_in_menu)  # type: ignore[arg-type]


def unregister() -> None:
    bpy.types.TOPBAR_MT_render.remove(_draw_in_menu)  # type: ignore[arg-type]
    bpy.utils.unregister_class(BRUSHPASS_OT_check)
