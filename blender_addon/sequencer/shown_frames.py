"""Which file each frame of a result shows: the styled one where it is there, else the plate's.

Both lie in the version's folder, the plate as a link, so that an element is a plain file
name: wherever Blender or another tool rewrites the paths of a file, it takes a strip's
pictures for files of one folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bpy

from .. import compat
from ..contract.errors import InputError
from .lent_plates import lend_plates
from .plan import load_plate
from .result_strip import become_images, become_movie, fit, folder_of, picture_size, relative
from .strip_playback import play_above
from .versions import PLATE_FOLDER, Version, frame_name, is_movie, present, read_version, version_name

__all__ = ["Shown", "refresh", "shelf_of", "show_version"]

_LINEAR = frozenset({".exr"})


@dataclass(frozen=True)
class Shown:
    """What a result shows."""

    result: bpy.types.Strip
    """The strip, which a change between pictures and a movie makes anew."""
    styled: int
    """Frames that are styled, of those there are."""
    frames: int


def shelf_of(result: bpy.types.Strip) -> Path:
    """The folder that holds the result's plate and versions."""
    return folder_of(result).parent


def show_version(result: bpy.types.Strip, version: int) -> Shown:
    """Show another version, in a strip above the original; 0 is the plate."""
    play_above(result.id_data, result)  # type: ignore[arg-type]
    record = result.brushpass_result
    record.compared = record.version or record.compared
    record.version = version
    return refresh(result)


def refresh(result: bpy.types.Strip) -> Shown:
    """Let the result show what is there now.

    Frames that the plate does not hold repeat its nearest one. A movie is shown once it
    is there. Plate and styled frames share the strip's colour space and size, so where one
    is scene-linear and the other is not, or smaller, the styled ones wait until all are there.
    """
    record = result.brushpass_result
    shelf = shelf_of(result)
    version = read_version(record.version, shelf / version_name(record.version_pattern, record.version))
    if record.version and version.styled:
        # Versions differ in their format.
        record.styled = version.styled
    movie = version.folder / record.styled
    if record.version and is_movie(record.styled) and version.first is not None and movie.is_file():
        result = become_movie(result, movie, version.first)
        frames = compat.content_duration(result)
        shown = Shown(result, frames, frames)
    else:
        shown = _refresh_images(result, shelf, version)
        result = shown.result
    scale = (1.0, 1.0)
    if shown.styled and _resized(version):
        wide, high = picture_size(result, movie if result.type == "MOVIE" else _first_picture(result))
        plate = load_plate(shelf / PLATE_FOLDER)
        scale = (plate.width / wide, plate.height / high)
    fit(result, scale)
    return shown


def _refresh_images(result: bpy.types.Strip, shelf: Path, version: Version) -> Shown:
    """Only elements that change are written."""
    record, folder = result.brushpass_result, version.folder
    plates = present(shelf / PLATE_FOLDER, record.plate)
    numbers = range(record.first, record.last + 1)
    styled = set()
    if record.version and folder.is_dir():
        lend_plates(shelf / PLATE_FOLDER, folder, record.plate)
        styled = present(folder, record.styled)
    else:
        folder = shelf / PLATE_FOLDER
    wanted = plates or set(numbers)
    if (_linear(record.plate) != _linear(record.styled) or _resized(version)) and not styled >= wanted:
        styled = set()
    names = [
        frame_name(record.styled if number in styled else record.plate, number)
        for number in _held(numbers, plates | styled)
    ]
    if result.type == "MOVIE":
        result = become_images(result, folder, names, record.first)
        _set_colour(result, folder / names[0])
        return Shown(result, len(styled & wanted), len(wanted))
    changed = folder != folder_of(result)
    # Reading a picture takes its time, and what is painted has the space of its plate.
    another_format = Path(result.elements[0].filename).suffix != Path(names[0]).suffix
    if changed:
        result.directory = os.path.join(relative(folder), "")
    for element, name in zip(result.elements, names, strict=True):
        if element.filename != name:
            element.filename = name
            changed = True
    if another_format:
        _set_colour(result, folder / names[0])
    if changed:
        result.invalidate_cache("RAW")
    return Shown(result, len(styled & wanted), len(wanted))


def _resized(version: Version) -> bool:
    """Whether the version's pictures may have another size than the plate."""
    output = version.recipe.get("output")
    return isinstance(output, Mapping) and output.get("size") is not None


def _first_picture(result: bpy.types.Strip) -> Path:
    return folder_of(result) / result.elements[0].filename


def _held(numbers: range, present: set[int]) -> list[int]:
    """Each number, or the nearest that is present; of none, the number itself."""
    first, last = min(present, default=numbers.start), max(present, default=numbers.stop - 1)
    return [min(max(number, first), last) for number in numbers]


def _linear(pattern: str) -> bool:
    return Path(pattern).suffix.lower() in _LINEAR


def _set_colour(result: bpy.types.Strip, path: Path) -> None:
    linear = _linear(path.name)
    result.alpha_mode = "PREMUL" if linear else "STRAIGHT"
    image = bpy.data.images.load(str(path), check_existing=False)
    try:
        # The space is read from the file, or is the default of its format, once the pixels are asked for.
        if not image.size[0]:  # type: ignore[index]
            raise InputError(f"{path} cannot be read", remedy="style the strip again")
        result.colorspace_settings.name = image.colorspace_settings.name
    finally:
        bpy.data.images.remove(image)
