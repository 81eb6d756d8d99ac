"""The result strip: put above its original, kept up to date, taken away without a trace.

The result stands where the original stood: same list, same range, blend mode and
opacity, taken by the same effects. The original loses only its picture. Elements
name the plate until the styled frame is there: an image strip with a missing file
shows nothing, and where Blender never loaded the frame it can crash on it.
"""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from .. import compat
from ..contract.errors import UsageError
from .carry import copy_look, hand_over_curves, hand_over_effects
from .plan import Plate
from .playback_modifier import drop_playback
from .record import mark, original_of, result_of
from .result_strip import become_images, fit, relative, set_number_of_elements
from .shown_frames import refresh
from .strip_playback import play_above
from .strips import content_of, kind_of, siblings
from .tracks import highest, put_above, remove_track
from .versions import PLATE_FOLDER, frame_name

__all__ = ["place", "remove"]

_NEVER_BAKED = ("blend_alpha",)
_UNBAKED = ("transform", "crop", "modifiers[", "color_saturation", "color_multiply")
"""Options of a strip whose passes are rendered: what Blender still has to do to the picture."""


def place(
    scene: bpy.types.Scene,
    original: bpy.types.Strip,
    plate: Plate,
    *,
    shelf: Path,
    version_pattern: str,
    version: int,
    styled: str,
) -> bpy.types.Strip:
    """Put the result of ``original`` above it, or renew the one that is there.

    ``shelf`` holds the finished plate and the folders of versions, which are named by
    ``version_pattern`` (``v###``); ``styled`` is the file name of styled frames, with ####, or of the movie.

    Raises :class:`UsageError` for a strip that cannot be styled, a plate that lacks
    frames, or where no channel is left.
    """
    kind = kind_of(original)
    content = content_of(original)
    if plate.first > content.first or plate.last < content.last:
        raise UsageError(f"{original.name!r} shows more frames than its plate holds", remedy="style it again")
    strips = siblings(scene, original)
    result = result_of(scene, original)
    renewed = result is not None
    if result is None:
        result = strips.new_image(
            f"{original.name} styled",
            str(shelf / PLATE_FOLDER / frame_name(plate.picture, plate.first)),
            highest(strips) + 1,
            content.start,
            fit_method="ORIGINAL",
        )
        # Of a result that was deleted like any other strip.
        drop_playback(original)
    else:
        play_above(scene, result)
    record = result.brushpass_result
    if result.type == "MOVIE" or (renewed and record.first != plate.first):
        # Moving the start of its content would move its keyframes too.
        names = [frame_name(plate.picture, number) for number in range(plate.first, plate.last + 1)]
        result = become_images(result, shelf / PLATE_FOLDER, names, plate.first)
    record = result.brushpass_result
    record.plate, record.styled = plate.picture, styled
    record.version_pattern, record.version = version_pattern, version

    result.channel = highest(strips) + 1
    _span(original, result, plate, shelf)
    if put_above(scene, strips, original, result):
        record.added_track = True
    if not renewed:
        _take_over(scene, original, result, covers=kind.must_stay, baked=plate.baked)
    return refresh(result).result


def remove(scene: bpy.types.Scene, result: bpy.types.Strip) -> bpy.types.Strip:
    """Take a result away and give its original back all that it had; returns the original.

    Files stay. Raises :class:`UsageError` where the original is gone.
    """
    record = result.brushpass_result
    original = original_of(scene, result)
    if original is None:
        raise UsageError(
            f"the strip that {result.name!r} was made of is gone", remedy="delete the result like any other strip"
        )
    play_above(scene, result)
    strips = siblings(scene, result)
    fit(result, (1.0, 1.0))
    hand_over_effects(scene, result, original)
    hand_over_curves(scene, result, original, (*_NEVER_BAKED, *_UNBAKED))
    original.mute = record.muted
    if record.covers:
        original.blend_type = record.blend_type
        original.blend_alpha = record.blend_alpha
    added = record.added_track
    strips.remove(result)
    if added:
        remove_track(scene, strips, original)
    return original


def _span(original: bpy.types.Strip, result: bpy.types.Strip, plate: Plate, shelf: Path) -> None:
    """Give the result one element for each frame of the plate, and the original's place in time."""
    first, last = plate.first, plate.last
    record = result.brushpass_result
    record.first, record.last = first, last
    result.directory = os.path.join(relative(shelf / PLATE_FOLDER), "")
    set_number_of_elements(result, last - first + 1, frame_name(plate.picture, first))
    compat.set_content_start(result, content_of(original).frame(first))
    compat.set_handles(result, *compat.handles(original))


def _take_over(
    scene: bpy.types.Scene, original: bpy.types.Strip, result: bpy.types.Strip, *, covers: bool, baked: bool
) -> None:
    record = result.brushpass_result
    record.of = mark(original)
    record.covers = covers
    record.muted = original.mute
    record.blend_type = original.blend_type
    record.blend_alpha = original.blend_alpha
    result.blend_type = original.blend_type
    result.blend_alpha = original.blend_alpha
    result.color_tag = original.color_tag
    result.mute = False
    hand_over_curves(scene, original, result, _NEVER_BAKED)
    if not baked:
        copy_look(original, result)
        hand_over_curves(scene, original, result, _UNBAKED)
    hand_over_effects(scene, original, result)
    if covers:
        # Invisible, yet audible; the sequencer does not even render it.
        original.blend_type = "ALPHA_OVER"
        original.blend_alpha = 0.0
    else:
        original.mute = True
