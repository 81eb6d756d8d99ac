"""Every difference between Blender 4.5 and 5.x, and nothing else.

The rest of the add-on is written for 5.2 and asks here for what 4.5 calls otherwise.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import bpy

__all__ = [
    "BLENDER_5",
    "BLENDER_VERSION",
    "MASKS_LACK_A_PIXEL",
    "MASK_VIEW_TRANSFORM",
    "OUTPUT_NODE",
    "STRIPS_COMPOSITE",
    "FileFormat",
    "blender_name",
    "composites",
    "compositor_tree",
    "content_duration",
    "content_start",
    "content_trim_start",
    "copy_fcurve",
    "editing",
    "handles",
    "idle_compositor_tree",
    "makes_picture",
    "may_composite",
    "new_effect",
    "new_file_output",
    "overlay_exponent",
    "render_animation",
    "script_command",
    "sequencer_scene",
    "set_content_start",
    "set_file_format",
    "set_handles",
    "strip_view_layer",
    "working_space",
]

FileFormat = Literal["PNG", "OPEN_EXR", "OPEN_EXR_MULTILAYER", "FFMPEG"]
BLENDER_VERSION = tuple(bpy.app.version)
BLENDER_5 = BLENDER_VERSION >= (5, 0, 0)
MASKS_LACK_A_PIXEL = not BLENDER_5
"""Whether a mask strip's last pixel, the right one of the top row, is never written."""
MASK_VIEW_TRANSFORM = "Raw" if BLENDER_5 else "Standard"
"""Under which a mask strip of floats is written as its coverage: 5.x takes that for light, 4.5 for brightness."""
OUTPUT_NODE = "NodeGroupOutput" if BLENDER_5 else "CompositorNodeComposite"
"""The node whose first input is the picture that a compositor makes."""
STRIPS_COMPOSITE = "COMPOSITOR" in bpy.types.StripModifier.bl_rna.properties["type"].enum_items
"""Whether a strip can have a Compositor modifier."""


def blender_name() -> str:
    """Such as ``Blender 5.2.3 LTS``, for logs."""
    return f"Blender {bpy.app.version_string}"


def copy_fcurve(source: bpy.types.FCurve, curves: bpy.types.ActionChannelbagFCurves, data_path: str) -> None:
    """Add a copy of an F-curve to ``curves`` under another data path; 4.5 cannot copy one whole."""
    if BLENDER_5:
        curves.new_from_fcurve(source, data_path=data_path)
        return
    copy = curves.new(data_path)
    _copy_values(source, copy, skip=("data_path", "group"))
    copy.keyframe_points.add(len(source.keyframe_points))
    for old, new in zip(source.keyframe_points, copy.keyframe_points, strict=True):
        _copy_values(old, new, skip=("co_ui",))
    for modifier in source.modifiers:
        added = copy.modifiers.new(type=modifier.type)
        _copy_values(modifier, added)
        for control in getattr(modifier, "control_points", ()):
            _copy_values(control, added.control_points.add(control.frame))
    copy.update()


def _copy_values(source: bpy.types.bpy_struct, target: bpy.types.bpy_struct, skip: tuple[str, ...] = ()) -> None:
    for definition in source.bl_rna.properties:
        if not definition.is_readonly and definition.identifier not in skip:
            setattr(target, definition.identifier, getattr(source, definition.identifier))


# ---- The sequencer


def sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene | None:
    """The scene whose strips are edited: in 5.x the workspace's own, not always the active one, None where none is."""
    return context.sequencer_scene if BLENDER_5 else context.scene


@contextlib.contextmanager
def editing(scene: bpy.types.Scene) -> Iterator[None]:
    """Let operators of the sequencer be about ``scene``; from a timer too, which has no window."""
    window = bpy.context.window or bpy.context.window_manager.windows[0]
    area = next((area for area in window.screen.areas if area.type == "SEQUENCE_EDITOR"), None)
    if not BLENDER_5:
        with bpy.context.temp_override(window=window, area=area, scene=scene):
            yield
        return
    workspace = window.workspace
    before, workspace.sequencer_scene = workspace.sequencer_scene, scene
    try:
        with bpy.context.temp_override(window=window, area=area):
            yield
    finally:
        workspace.sequencer_scene = before


def content_start(strip: bpy.types.Strip) -> int:
    """The timeline frame of the first frame of a strip's content, which a trim does not move."""
    return round(strip.content_start if BLENDER_5 else strip.frame_start)


def content_duration(strip: bpy.types.Strip) -> int:
    """How many frames the content of a strip has, whatever of it is shown."""
    return int(strip.content_duration if BLENDER_5 else strip.frame_duration)


def content_trim_start(strip: bpy.types.Strip) -> int:
    """How many frames of a strip's source are left out before its content."""
    return int(strip.content_trim_start if BLENDER_5 else strip.animation_offset_start)


def handles(strip: bpy.types.Strip) -> tuple[int, int]:
    """The first timeline frame that a strip shows, and the one after its last."""
    if BLENDER_5:
        return strip.left_handle, strip.right_handle
    return strip.frame_final_start, strip.frame_final_end


def set_content_start(strip: bpy.types.Strip, frame: int) -> None:
    """Move a strip."""
    if BLENDER_5:
        strip.content_start = frame
    else:
        strip.frame_start = frame


def set_handles(strip: bpy.types.Strip, left: int, right: int) -> None:
    """Trim a strip to the frames from ``left`` to the one before ``right``."""
    names = ("left_handle", "right_handle") if BLENDER_5 else ("frame_final_start", "frame_final_end")
    ends = list(zip(names, (left, right), strict=True))
    # An end cannot pass the other one, so the one that makes room goes first.
    for name, frame in ends if left < handles(strip)[1] else reversed(ends):
        setattr(strip, name, frame)


def new_effect(
    strips: bpy.types.StripsTopLevel | bpy.types.StripsMeta,
    name: str,
    kind: Literal["COLOR"],
    channel: int,
    frames: range,
) -> bpy.types.Strip:
    """Add an effect that needs no other strip."""
    if BLENDER_5:
        return strips.new_effect(name, kind, channel, frames.start, length=len(frames))
    return strips.new_effect(name, kind, channel, frames.start, frame_end=frames.stop)  # type: ignore[call-arg]


def strip_view_layer(strip: bpy.types.Strip) -> str | None:
    """The view layer that a scene strip was told to show; 4.5 cannot be told."""
    layer = strip.view_layer if BLENDER_5 else None
    return None if layer is None else layer.name


# ---- Rendering


def makes_picture(tree: bpy.types.NodeTree) -> bool:
    """Whether the first output of a compositor tree is a colour: without 3D 5.2 crashes where it is not."""
    if not BLENDER_5:
        return True
    outputs = (item for item in tree.interface.items_tree if getattr(item, "in_out", "") == "OUTPUT")
    return getattr(next(outputs, None), "socket_type", "NodeSocketColor") == "NodeSocketColor"


def composites(scene: bpy.types.Scene) -> bool:
    """Whether a compositor tree changes the render of a scene."""
    return compositor_tree(scene) is not None


def compositor_tree(scene: bpy.types.Scene) -> bpy.types.NodeTree | None:
    """The tree that composites a scene's renders; in 5.x scenes may share one."""
    if BLENDER_5:
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def idle_compositor_tree(scene: bpy.types.Scene) -> bpy.types.NodeTree | None:
    """The compositor tree that a scene has and, by its *Use Nodes*, does not use; 5.x knows no such thing."""
    return None if BLENDER_5 or scene.use_nodes else scene.node_tree


def may_composite(tree: bpy.types.NodeTree) -> bool:
    """Whether a tree is a scene's compositor or may become one: in 4.5 that is part of its scene, all else is a group.

    In 5.x any tree may be given to a scene, and some are not in the file: what is rendered, what is copied.
    """
    return BLENDER_5 or bool(tree.is_embedded_data)


def render_animation(scene: bpy.types.Scene, frames: range) -> bool:
    """Render and write frames of a scene, as its own animation is; whether it was not cancelled."""
    before = scene.frame_start, scene.frame_end, scene.frame_step
    scene.frame_step = frames.step
    try:
        if BLENDER_5:
            first, last = frames[0], frames[-1]
            outcome = bpy.ops.render.render(animation=True, scene=scene.name, frame_start=first, frame_end=last)
            return outcome == {"FINISHED"}
        scene.frame_start, scene.frame_end = frames[0], frames[-1]
        return bpy.ops.render.render(animation=True, scene=scene.name) == {"FINISHED"}
    finally:
        scene.frame_start, scene.frame_end, scene.frame_step = before


def working_space() -> str | None:
    """OpenColorIO name of the scene-linear space that the file is rendered in; None where it cannot be told (4.5)."""
    return str(bpy.data.colorspace.working_space) if BLENDER_5 else None


def new_file_output(tree: bpy.types.NodeTree, source: bpy.types.NodeSocket, folder: Path, stem: str) -> None:
    """Let a tree write what ``source`` makes to ``folder``, as float EXRs whose names begin with ``stem``."""
    node = tree.nodes.new("CompositorNodeOutputFile")
    set_file_format(node.format, "OPEN_EXR")
    node.format.color_depth = "32"
    if BLENDER_5:
        node.directory, node.file_name = str(folder), stem
        node.file_output_items.clear()
        node.file_output_items.new("FLOAT", "Mask")
        node.save_as_render = False
    else:
        node.base_path = str(folder)
        node.file_slots[0].path = stem
        node.file_slots[0].save_as_render = False
    tree.links.new(source, node.inputs[0])


def set_file_format(settings: bpy.types.ImageFormatSettings, file_format: FileFormat) -> None:
    """Choose a file format; 5.x wants the kind of medium first."""
    if BLENDER_5:
        video = file_format == "FFMPEG"
        many = file_format == "OPEN_EXR_MULTILAYER"
        settings.media_type = "VIDEO" if video else "MULTI_LAYER_IMAGE" if many else "IMAGE"
    settings.file_format = file_format


def script_command(script: Path, *arguments: str) -> tuple[str, ...]:
    """The command that runs a Python script in a Blender of its own, without a window.

    The artist's preferences hold there: the add-ons that scenes need, Cycles' devices.
    Blender as a Python module has no program; there its Python runs the script.
    """
    if bpy.app.binary_path:
        options = ("--background", "--python-exit-code", "1", "--python", str(script))
        return (bpy.app.binary_path, *options, "--", *arguments)
    return (sys.executable, str(script), "--", *arguments)


# ---- Drawing


def overlay_exponent() -> float:
    """The display's exponent by which the sequencer's preview encodes what is drawn over it, after decoding it as sRGB.

    Measured in 5.2 on an sRGB screen; 0 where both are the same curve.
    """
    return 2.2 if BLENDER_5 else 0.0
