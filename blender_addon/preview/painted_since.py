"""Which painted frame a strip's result shows, so that a preview gives way to the frame of a job."""

from __future__ import annotations

import os

import bpy

from .. import compat
from ..sequencer.record import result_of
from ..sequencer.strip_playback import plays_in_strip
from ..sequencer.strips import content_of

__all__ = ["painted_file"]


def painted_file(scene: bpy.types.Scene, strip: bpy.types.Strip, frame: int) -> str:
    """The painted file that is shown in place of ``strip`` at a timeline frame; empty while that is the plate."""
    result = result_of(scene, strip)
    if result is None or (result.mute and not plays_in_strip(result)) or not result.brushpass_result.version:
        return ""
    if result.type == "MOVIE":
        return result.filepath
    if plays_in_strip(result):
        index = content_of(strip).number(frame) - result.brushpass_result.first
    else:
        index = frame - compat.content_start(result)
    if not 0 <= index < len(result.elements):
        return ""
    name, styled = result.elements[index].filename, result.brushpass_result.styled
    return os.path.join(result.directory, name) if name.startswith(styled.partition("#")[0]) else ""
