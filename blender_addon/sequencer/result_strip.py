"""The result strip itself: the two forms that it has, pictures one by one or a movie, and its size.

Blender cannot turn one kind of strip into another, so a change of form puts a new strip in
the place of the old one. It has the name, the look, the animation and the effects of the
old one; only a Python reference to that is dead afterwards.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import bpy

from .. import compat
from ..contract.errors import InputError
from ..settings.channelbags import all_fcurves
from .carry import copy_look, hand_over_curves, hand_over_effects
from .strips import siblings

__all__ = ["become_images", "become_movie", "fit", "folder_of", "picture_size", "relative", "set_number_of_elements"]

_SINGLE_PRECISION = 1e-6
_KEPT = ("blend_type", "blend_alpha", "mute", "lock", "color_tag", "strobe", "select")


def folder_of(result: bpy.types.Strip) -> Path:
    """The folder whose files the result shows."""
    # Not remembered elsewhere: this path is kept right when the file is saved in another folder.
    path = Path(os.path.normpath(bpy.path.abspath(result.filepath if result.type == "MOVIE" else result.directory)))
    return path.parent if result.type == "MOVIE" else path


def relative(path: Path) -> str:
    """A path as a strip keeps it: relative to the .blend, where that is possible."""
    text = str(path)
    if bpy.data.filepath:
        with contextlib.suppress(ValueError):  # another drive
            return bpy.path.relpath(text)
    return text


def become_movie(result: bpy.types.Strip, path: Path, first: int) -> bpy.types.Strip:
    """Let the result show the movie ``path``, whose first frame has the number ``first``; the strip that it is then.

    Beyond its ends Blender holds a movie's first and last frame. Raises
    :class:`InputError` for a file that Blender cannot read.
    """
    name = relative(path)
    record = result.brushpass_result
    if result.type == "MOVIE" and (result.filepath, record.starts_at) == (name, first):
        return result
    start = compat.content_start(result) + first - _first_number(result)

    def make(strips: bpy.types.StripsTopLevel | bpy.types.StripsMeta) -> bpy.types.Strip:
        movie = strips.new_movie(path.name, str(path), result.channel, start, fit_method="ORIGINAL")
        if compat.content_duration(movie) < 1 or not len(movie.elements):
            strips.remove(movie)
            raise InputError(f"{path} cannot be read", remedy="style the strip again")
        movie.filepath = name
        return movie

    return _replaced(result, make, start, first)


def become_images(result: bpy.types.Strip, folder: Path, names: Sequence[str], first: int) -> bpy.types.Strip:
    """Let a new strip show pictures of a folder, the first of which has the number ``first``."""
    start = compat.content_start(result) + first - _first_number(result)

    def make(strips: bpy.types.StripsTopLevel | bpy.types.StripsMeta) -> bpy.types.Strip:
        images = strips.new_image(names[0], str(folder / names[0]), result.channel, start, fit_method="ORIGINAL")
        images.directory = os.path.join(relative(folder), "")
        set_number_of_elements(images, len(names), names[0])
        for element, name in zip(images.elements, names, strict=True):
            element.filename = name
        return images

    return _replaced(result, make, start, first)


def _first_number(result: bpy.types.Strip) -> int:
    """The number of the frame at the start of its content."""
    record = result.brushpass_result
    return record.starts_at if result.type == "MOVIE" else record.first


def set_number_of_elements(images: bpy.types.Strip, count: int, name: str) -> None:
    """Take elements away from the end, or add some that show the file ``name``."""
    while len(images.elements) > count:
        images.elements.pop(len(images.elements) - 1)
    for _ in range(count - len(images.elements)):
        images.elements.append(name)


def _replaced(
    old: bpy.types.Strip,
    make: Callable[[bpy.types.StripsTopLevel | bpy.types.StripsMeta], bpy.types.Strip],
    start: int,
    first: int,
) -> bpy.types.Strip:
    scene = old.id_data
    assert isinstance(scene, bpy.types.Scene)
    editor, strips = scene.sequence_editor, siblings(scene, old)
    span, channel, name = compat.handles(old), old.channel, old.name
    active = editor.active_strip == old
    new = make(strips)
    for option in _KEPT:
        setattr(new, option, getattr(old, option))
    for definition in old.brushpass_result.bl_rna.properties:
        if not definition.is_readonly:
            setattr(new.brushpass_result, definition.identifier, getattr(old.brushpass_result, definition.identifier))
    new.brushpass_result.starts_at = first
    copy_look(old, new)
    hand_over_curves(scene, old, new, ("",))
    hand_over_effects(scene, old, new)
    strips.remove(old)
    # Only now: a strip that is moved makes way for those that it meets.
    new.name = name
    compat.set_content_start(new, start)
    compat.set_handles(new, *span)
    new.channel = channel
    if active:
        editor.active_strip = new
    return new


def fit(result: bpy.types.Strip, scale: tuple[float, float]) -> None:
    """Enlarge the result's pictures by factors of width and height; those of an earlier call no longer count.

    What the artist did to the strip's scale, keyed or not, stays.
    """
    record, transform = result.brushpass_result, result.transform
    factors = [new / old for new, old in zip(scale, record.scale, strict=True)]
    if all(math.isclose(factor, 1.0, rel_tol=_SINGLE_PRECISION) for factor in factors):
        return
    record.scale = scale
    scene = result.id_data
    assert isinstance(scene, bpy.types.Scene)
    curves = [curve for bag in all_fcurves(scene) for curve in bag]
    for option, factor in zip(("scale_x", "scale_y"), factors, strict=True):
        setattr(transform, option, getattr(transform, option) * factor)
        path = f"{result.path_from_id()}.transform.{option}"
        for curve in (curve for curve in curves if curve.data_path == path):
            for key in curve.keyframe_points:
                for point in (key.co, key.handle_left, key.handle_right):
                    point.y *= factor
            curve.update()


def picture_size(result: bpy.types.Strip, path: Path) -> tuple[int, int]:
    """Width and height of a picture, or of the movie that the result is, in pixels.

    Raises :class:`InputError` where it cannot be read.
    """
    if result.type == "MOVIE":
        return result.elements[0].orig_width, result.elements[0].orig_height
    image = bpy.data.images.load(str(path), check_existing=False)
    try:
        width, height, *_ = (int(side) for side in image.size)
        if not width:
            raise InputError(f"{path} cannot be read", remedy="style the strip again")
        return width, height
    finally:
        bpy.data.images.remove(image)
