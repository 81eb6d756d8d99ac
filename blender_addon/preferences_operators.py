"""The buttons of the preferences."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from .backend.environment import State
from .backend.install import remove
from .contract.errors import NstError
from .preferences import cache, preferences
from .session import session

__all__ = ["register", "unregister"]


class BRUSHPASS_OT_install_backend(bpy.types.Operator):
    """Make the private environment anew, beside the one in use, which stays until the new one answers"""

    bl_idname = "brushpass.install_backend"
    bl_label = "Install Backend"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return session().installation is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = preferences()
        try:
            session().install(
                python=Path(chosen.python_path) if chosen.python_path else None,
                torch=chosen.torch,
                wheels=Path(chosen.wheels_path) if chosen.wheels_path else None,
            )
        except NstError as error:
            self.report({"ERROR"}, error.sentence())
            return {"CANCELLED"}
        return {"FINISHED"}


class BRUSHPASS_OT_cancel_installation(bpy.types.Operator):
    """Stop installing; what was in use before stays"""

    bl_idname = "brushpass.cancel_installation"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return session().installation is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        installation = session().installation
        if installation is not None:
            installation.cancel()
        return {"FINISHED"}


class BRUSHPASS_OT_check_backend(bpy.types.Operator):
    """Ask the backend about its libraries, its device and its styles"""

    bl_idname = "brushpass.check_backend"
    bl_label = "Check"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not session().busy and session().status.python is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        session().check()
        return {"FINISHED"}


class BRUSHPASS_OT_remove_backend(bpy.types.Operator):
    """Delete the private environment, for every Blender version that uses it"""

    bl_idname = "brushpass.remove_backend"
    bl_label = "Remove"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return session().status.state is not State.INSTALLING

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return {*context.window_manager.invoke_confirm(self, event)}

    def execute(self, context: bpy.types.Context) -> set[str]:
        session().client.stop()
        try:
            remove(session().home)
        except NstError as error:
            self.report({"ERROR"}, error.sentence())
            return {"CANCELLED"}
        return {"FINISHED"}


class BRUSHPASS_OT_release_memory(bpy.types.Operator):
    """Free what the backend keeps in memory; it loads again what it needs"""

    bl_idname = "brushpass.release_memory"
    bl_label = "Free Memory"

    def execute(self, context: bpy.types.Context) -> set[str]:
        session().client.release()
        return {"FINISHED"}


class BRUSHPASS_OT_stop_backend(bpy.types.Operator):
    """End the backend's process and whatever it is doing; the next request starts it anew"""

    bl_idname = "brushpass.stop_backend"
    bl_label = "Stop Backend"

    def execute(self, context: bpy.types.Context) -> set[str]:
        session().client.stop()
        return {"FINISHED"}


class BRUSHPASS_OT_measure_cache(bpy.types.Operator):
    """Find out how much room the cache takes"""

    bl_idname = "brushpass.measure_cache"
    bl_label = "Measure"

    def execute(self, context: bpy.types.Context) -> set[str]:
        session().measure(preferences().cache)
        return {"FINISHED"}


class BRUSHPASS_OT_clear_cache(bpy.types.Operator):
    """Delete what is cached and no other Blender uses; it is made again when it is needed"""

    bl_idname = "brushpass.clear_cache"
    bl_label = "Clear Cache"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return {*context.window_manager.invoke_confirm(self, event)}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            cache().clear()
        except NstError as error:
            self.report({"ERROR"}, error.sentence())
            return {"CANCELLED"}
        session().measure(preferences().cache)
        return {"FINISHED"}


class BRUSHPASS_OT_open_log(bpy.types.Operator):
    """Show a log file"""

    bl_idname = "brushpass.open_log"
    bl_label = "Open Log"

    path: StringProperty(options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        if Path(self.path) not in (session().home.log, preferences().service_log) or not Path(self.path).is_file():
            self.report({"ERROR"}, f"{self.path} is no log")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=self.path)
        return {"FINISHED"}


_CLASSES = (
    BRUSHPASS_OT_install_backend,
    BRUSHPASS_OT_cancel_installation,
    BRUSHPASS_OT_check_backend,
    BRUSHPASS_OT_remove_backend,
    BRUSHPASS_OT_release_memory,
    BRUSHPASS_OT_stop_backend,
    BRUSHPASS_OT_measure_cache,
    BRUSHPASS_OT_clear_cache,
    BRUSHPASS_OT_open_log,
)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
