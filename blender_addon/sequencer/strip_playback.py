"""Playing a finished result back in its original's strip, and as a strip above it again.

The result strip stays where it is, muted: it keeps the record, and with it versions,
removal and what is taken over. Only what a modifier shows exactly as the result strip
does is played back so; docs/sequencer.md tells why the rest is not.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from .. import compat
from ..contract.errors import NstError, UsageError
from ..settings.channelbags import all_fcurves
from .carry import hand_over_curves, hand_over_effects
from .content import FIRST_NUMBER
from .plan import Plate, load_plate
from .playback_modifier import add_playback, drop_playback, playback_of
from .record import original_of
from .result_strip import folder_of
from .scene_passes import scene_size
from .strips import Kind, content_of, is_moved, is_retimed, kind_of, meta_path, siblings, users
from .tracks import highest, put_above
from .versions import PLATE_FOLDER, frame_name

__all__ = ["play_above", "play_in_strip", "playback_fault", "plays_in_strip"]

_BLENDING = ("blend_alpha",)
_LOOK = ("transform", "crop", "color_saturation", "color_multiply")
_ABOVE = "play it back as a strip above"


def plays_in_strip(result: bpy.types.Strip) -> bool:
    """Whether a result is played back in its original's strip."""
    return bool(result.brushpass_result.in_strip)


def playback_fault(scene: bpy.types.Scene, result: bpy.types.Strip) -> NstError | None:
    """What was done to the original since, so that it no longer shows the result as a strip above would."""
    original = original_of(scene, result)
    if original is None or not plays_in_strip(result):
        return None
    try:
        _check_time(scene, original, result)
        _check_look(scene, original, result)
    except NstError as fault:
        return fault
    return None


def play_in_strip(scene: bpy.types.Scene, result: bpy.types.Strip) -> bpy.types.Strip:
    """Let the original show the result by a Compositor modifier, and mute the result; returns the original.

    Raises :class:`UsageError`, and changes nothing, where that would show another picture
    than the result strip, and :class:`InputError` where the plate's description cannot be read.
    """
    record = result.brushpass_result
    original = original_of(scene, result)
    if original is None:
        raise UsageError(f"the strip that {result.name!r} was made of is gone", remedy=f"keep {result.name!r} as it is")
    if record.in_strip:
        raise UsageError(f"{result.name!r} is played back in its strip", remedy="there is nothing to do")
    _check_pictures(result)
    _check_place(original, result)
    _check_time(scene, original, result)
    _check_look(scene, original, result)
    _check_size(original, load_plate(folder_of(result).parent / PLATE_FOLDER))

    add_playback(original, result, folder_of(result) / result.elements[0].filename, record.first)
    hand_over_effects(scene, result, original)
    hand_over_curves(scene, result, original, _BLENDING)
    original.blend_type, original.blend_alpha = result.blend_type, result.blend_alpha
    original.mute, result.mute = result.mute, True
    record.in_strip = True
    return original


def play_above(scene: bpy.types.Scene, result: bpy.types.Strip) -> None:
    """Take back :func:`play_in_strip`; the result lies above its original, wherever that is now."""
    record = result.brushpass_result
    if not record.in_strip:
        return
    record.in_strip = False
    original = original_of(scene, result)
    if original is None:
        result.mute = False
        return
    drop_playback(original)
    strips = siblings(scene, original)
    result.channel = highest(strips) + 1
    compat.set_content_start(result, content_of(original).frame(record.first))
    compat.set_handles(result, *compat.handles(original))
    if put_above(scene, strips, original, result):
        record.added_track = True
    hand_over_effects(scene, original, result)
    hand_over_curves(scene, original, result, _BLENDING)
    result.blend_type, result.blend_alpha = original.blend_type, original.blend_alpha
    result.mute = original.mute
    if record.covers:
        original.blend_type, original.blend_alpha, original.mute = "ALPHA_OVER", 0.0, False
    else:
        original.mute = True


def _check_pictures(result: bpy.types.Strip) -> None:
    record = result.brushpass_result
    if result.type == "MOVIE":
        raise UsageError(f"{result.name!r} is a movie", remedy="choose Images as the format and style the strip again")
    if not record.version:
        raise UsageError(f"{result.name!r} shows the plate", remedy="show one of its versions")
    numbers = range(record.first, record.last + 1)
    if [element.filename for element in result.elements] != [frame_name(record.styled, number) for number in numbers]:
        raise UsageError(f"{result.name!r} is not finished", remedy="resume it, and play it back when all is styled")
    if tuple(record.scale) != (1.0, 1.0):
        raise UsageError(
            f"the pictures of {result.name!r} have another size than the plate",
            remedy="choose a size of 100 % and style the strip again",
        )


def _check_time(scene: bpy.types.Scene, original: bpy.types.Strip, result: bpy.types.Strip) -> None:
    for strip in (original, result):
        retimed = is_retimed(scene, strip) or any(is_retimed(scene, effect) for effect in _effects(scene, strip))
        if retimed or strip.use_reverse_frames or strip.strobe > 1.0:
            raise UsageError(f"{strip.name!r} is not played forwards frame by frame", remedy=_ABOVE)
    if meta_path(result):
        raise UsageError(f"{original.name!r} lies in a meta", remedy=f"separate the meta, or {_ABOVE}")
    for outer in bpy.data.scenes:
        for strip in outer.sequence_editor.strips_all if outer.sequence_editor else ():
            if strip.type == "SCENE" and strip.scene == scene and strip.scene_input == "SEQUENCER":
                raise UsageError(f"{scene.name!r} is played back in the strip {strip.name!r}", remedy=_ABOVE)


def _check_place(original: bpy.types.Strip, result: bpy.types.Strip) -> None:
    start = compat.content_start(original) + result.brushpass_result.first - FIRST_NUMBER
    if compat.content_start(result) != start or compat.handles(result) != compat.handles(original):
        raise UsageError(
            f"{result.name!r} is moved or trimmed otherwise than {original.name!r}",
            remedy="give both the same start and end",
        )


def _effects(scene: bpy.types.Scene, strip: bpy.types.Strip) -> Iterator[bpy.types.Strip]:
    """What takes the strip, and what takes that in turn."""
    for effect in users(scene, strip):
        yield effect
        yield from _effects(scene, effect)


def _check_look(scene: bpy.types.Scene, original: bpy.types.Strip, result: bpy.types.Strip) -> None:
    if kind_of(original) not in (Kind.IMAGE, Kind.MOVIE, Kind.SCENE):
        raise UsageError(f"{original.name!r} has no pictures of its own", remedy=_ABOVE)
    animated = [curve.data_path for bag in all_fcurves(scene) for curve in bag]
    if scene.animation_data:
        animated += [driver.data_path for driver in scene.animation_data.drivers]
    for strip in (original, result):
        options = tuple(f"{strip.path_from_id()}.{option}" for option in _LOOK)
        if is_moved(strip) or any(path.startswith(options) for path in animated):
            raise UsageError(f"{strip.name!r} is transformed or cropped", remedy=_ABOVE)
        if strip.color_saturation != 1.0 or strip.color_multiply != 1.0:
            raise UsageError(f"{strip.name!r} has its colours changed", remedy=_ABOVE)
        if any(modifier != playback_of(strip) for modifier in strip.modifiers):
            raise UsageError(f"{strip.name!r} has modifiers", remedy=_ABOVE)


def _check_size(original: bpy.types.Strip, plate: Plate) -> None:
    if original.type == "SCENE":
        size = tuple(scene_size(original.scene))
    else:
        element = original.elements[0]
        size = (element.orig_width, element.orig_height)
    if size != (plate.width, plate.height):
        raise UsageError(
            f"the pictures of {original.name!r} have {size[0]} x {size[1]} pixels, "
            f"its plate {plate.width} x {plate.height}",
            remedy=_ABOVE,
        )
