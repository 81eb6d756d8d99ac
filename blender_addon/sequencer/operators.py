"""Operators on results: remove, reveal, switch, compare and delete versions.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

from collections.abc import Set
from typing import ClassVar

import bpy

from .. import compat
from ..contract.errors import NstError, UsageError
from .placement import remove
from .record import result_of, results
from .shown_frames import refresh, shelf_of, show_version
from .strip_playback import play_above, play_in_strip
from .versions import delete_version, version_name

__all__ = ["register", "unregister"]


def active_result(context: bpy.types.Context) -> tuple[bpy.types.Scene, bpy.types.Strip] | None:
    """The result that is active, or whose original is; with its scene."""
    scene = compat.sequencer_scene(context)
    editor = scene.sequence_editor if scene else None
    strip = editor.active_strip if editor else None
    if scene is None or strip is None:
        return None
    result = strip if strip.brushpass_result.of else result_of(scene, strip)
    return None if result is None else (scene, result)


class _OnResult:
    """An operator on the active result; faults are reported in a sentence, and nothing changed."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if active_result(context) is not None:
            return True
        cls.poll_message_set("Select a styled strip or its result")
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        found = active_result(context)
        if found is None:
            return {"CANCELLED"}
        try:
            self.apply(*found)
        except NstError as fault:
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}
        return {"FINISHED"}


class BRUSHPASS_OT_remove_result(_OnResult, bpy.types.Operator):
    """Take the styled strip away and give the original its picture back; the files stay"""

    bl_idname = "brushpass.remove_result"
    bl_label = "Remove Result"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    def apply(self, scene: bpy.types.Scene, result: bpy.types.Strip) -> None:
        scene.sequence_editor.active_strip = remove(scene, result)


class BRUSHPASS_OT_reveal_files(_OnResult, bpy.types.Operator):
    """Open the folder of the styled frames"""

    bl_idname = "brushpass.reveal_files"
    bl_label = "Reveal Files"

    def apply(self, scene: bpy.types.Scene, result: bpy.types.Strip) -> None:
        record = result.brushpass_result
        folder = shelf_of(result)
        if record.version:
            folder /= version_name(record.version_pattern, record.version)
        if not folder.is_dir():
            raise UsageError(f"{folder} is not there", remedy="style the strip again")
        bpy.ops.wm.path_open(filepath=str(folder))


class BRUSHPASS_OT_show_version(_OnResult, bpy.types.Operator):
    """Show another version of the result, or the plate"""

    bl_idname = "brushpass.show_version"
    bl_label = "Show Version"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    version: bpy.props.IntProperty(name="Version", description="0 shows the plate", min=0)

    def apply(self, scene: bpy.types.Scene, result: bpy.types.Strip) -> None:
        show_version(result, self.version)


class BRUSHPASS_OT_compare(_OnResult, bpy.types.Operator):
    """Show the plate, and with the next click the styled frames again"""

    bl_idname = "brushpass.compare"
    bl_label = "Compare"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    def apply(self, scene: bpy.types.Scene, result: bpy.types.Strip) -> None:
        record = result.brushpass_result
        show_version(result, 0 if record.version else record.compared)


class BRUSHPASS_OT_delete_version(_OnResult, bpy.types.Operator):
    """Delete a version's files from the disk; this cannot be undone"""

    bl_idname = "brushpass.delete_version"
    bl_label = "Delete Version"

    version: bpy.props.IntProperty(name="Version", min=1)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def apply(self, scene: bpy.types.Scene, result: bpy.types.Strip) -> None:
        shelf = shelf_of(result)
        pattern = result.brushpass_result.version_pattern
        # Blender may crash on elements whose files vanish: no strip may show what is to go.
        for owner in bpy.data.scenes:
            for other in list(results(owner)):
                record = other.brushpass_result
                if record.version == self.version and shelf_of(other) == shelf:
                    show_version(other, 0)
        freed = delete_version(shelf, pattern, self.version)
        self.report({"INFO"}, f"Deleted {version_name(pattern, self.version)}, {freed / 2**20:.1f} MiB")


class BRUSHPASS_OT_refresh_result(_OnResult, bpy.types.Operator):
    """Show every styled frame that is there"""

    bl_idname = "brushpass.refresh_result"
    bl_label = "Refresh Result"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    def apply(self, scene: bpy.types.Scene, result: bpy.types.Strip) -> None:
        shown = refresh(result)
        self.report({"INFO"}, f"{shown.styled} of {shown.frames} frames are styled")


class _OnPlayback(_OnResult):
    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if compat.STRIPS_COMPOSITE:
            return super().poll(context)
        cls.poll_message_set("Strips of this Blender have no Compositor modifier")
        return False


class BRUSHPASS_OT_play_in_strip(_OnPlayback, bpy.types.Operator):
    """Show the finished result in the original strip itself, by a Compositor modifier, and mute the strip above"""

    bl_idname = "brushpass.play_in_strip"
    bl_label = "Play Back in the Strip"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    def apply(self, scene: bpy.types.Scene, result: bpy.types.Strip) -> None:
        scene.sequence_editor.active_strip = play_in_strip(scene, result)


class BRUSHPASS_OT_play_above(_OnPlayback, bpy.types.Operator):
    """Show the result in the strip above the original again, and take the Compositor modifier away"""

    bl_idname = "brushpass.play_above"
    bl_label = "Play Back as a Strip Above"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    def apply(self, scene: bpy.types.Scene, result: bpy.types.Strip) -> None:
        play_above(scene, result)


_CLASSES = (
    BRUSHPASS_OT_remove_result,
    BRUSHPASS_OT_reveal_files,
    BRUSHPASS_OT_show_version,
    BRUSHPASS_OT_compare,
    BRUSHPASS_OT_delete_version,
    BRUSHPASS_OT_refresh_result,
    BRUSHPASS_OT_play_in_strip,
    BRUSHPASS_OT_play_above,
)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
