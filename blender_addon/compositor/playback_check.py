"""Whether frames that are played back are there: Blender would show black, or hold the last one, and say nothing."""

from __future__ import annotations

import bpy

from ..contract.errors import InputError, NstError, UsageError
from .node_record import CAPTURE, file_of, pattern_of, plays
from .slots import passes_of

__all__ = ["not_captured", "playback_fault"]


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
    for part in read:
        if not pattern_of(record, part.part):
            return UsageError(f"{part.socket} of {node.name!r} was not linked when it was styled", remedy=again)
        path = file_of(record, part.part, frame)
        if not path.is_file():
            return InputError(f"{path} is gone", remedy=again)
    return None
