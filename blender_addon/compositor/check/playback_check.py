"""Whether frames that are played back are there: Blender would show black, or hold the last one, and say nothing."""

from __future__ import annotations

import bpy

from ...contract.errors import InputError, NstError, UsageError
from ...sequencer.scene_passes import scene_size
from ..bridge.slots import passes_of
from ..capture.node_record import CAPTURE, file_of, pattern_of, plays
from ..style_node.trees import scenes_of

__all__ = ["misfit", "not_captured", "playback_fault"]


def not_captured(node: bpy.types.Node) -> UsageError:
    """Of a node that has nothing to play back yet."""
    return UsageError(
        f"{node.name!r} was not captured yet", remedy="use Capture and Style, or let it paint while rendering"
    )


def playback_fault(node: bpy.types.Node, frame: int) -> NstError | None:
    """What is missing of a frame that a Style node plays back; None where nothing is."""
    if not plays(node):
        return not_captured(node) if node.mode == CAPTURE else None
    record, again = node.record, "use Capture and Style"
    read = [part for part in passes_of(1) if node.outputs[part.socket].is_linked]
    if read and not record.first <= frame <= record.last:
        return UsageError(
            f"{node.name!r} has frames {record.first}-{record.last}, and not {frame}",
            remedy=f"set the scene's frame range, then {again}",
        )
    fault = misfit(node, record.width, record.height) if read else None
    if fault is not None:
        return fault
    for part in read:
        if not pattern_of(record, part.part):
            return UsageError(f"{part.socket} of {node.name!r} was not linked when it was styled", remedy=again)
        path = file_of(record, part.part, frame)
        if not path.is_file():
            return InputError(f"{path} is gone", remedy=again)
    return None


def misfit(node: bpy.types.Node, width: int, height: int) -> UsageError | None:
    """Why frames of that size do not lie in the picture that a node's scenes render; None where they do, or it is 0.

    Blender would put them in its middle without scaling.
    """
    scenes = scenes_of(node.id_data) if width else []  # type: ignore[arg-type]
    if not scenes:
        return None
    sizes = [scene_size(scene) for scene in scenes]
    if (width, height) not in sizes:
        return UsageError(
            f"the frames of {node.name!r} are {width}x{height}, the render is {sizes[0][0]}x{sizes[0][1]}",
            remedy="set the resolution that they have, or style them again",
        )
    if all(scene.render.use_border and scene.render.use_crop_to_border for scene in scenes):
        return UsageError(
            f"the render is cropped to its border, and the frames of {node.name!r} are whole",
            remedy="switch off Crop to Render Region",
        )
    return None
