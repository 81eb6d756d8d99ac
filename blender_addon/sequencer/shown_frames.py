"""Which file each frame of a result shows: the styled one where it is there, else the plate's.

Both lie in the version's folder, the plate as a link, so that an element is a plain file
name: wherever Blender or another tool rewrites the paths of a file, it takes a strip's
pictures for files of one folder.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..contract.errors import InputError
from .lent_plates import lend_plates
from .versions import PLATE_FOLDER, frame_name, present, version_name

__all__ = ["Shown", "refresh", "relative", "shelf_of", "show_version"]

_LINEAR = frozenset({".exr"})


@dataclass(frozen=True)
class Shown:
    """Frames of a result: how many are styled, of how many."""

    styled: int
    frames: int


def shelf_of(result: bpy.types.Strip) -> Path:
    """The folder that holds the result's plate and versions."""
    # Not remembered elsewhere: this path is kept right when the file is saved in another folder.
    return Path(os.path.normpath(bpy.path.abspath(result.directory))).parent


def show_version(result: bpy.types.Strip, version: int) -> Shown:
    """Show another version; 0 is the plate."""
    record = result.brushpass_result
    record.compared = record.version or record.compared
    record.version = version
    return refresh(result)


def refresh(result: bpy.types.Strip) -> Shown:
    """Let the result show what is there now.

    Only elements that change are written. Frames that the plate does not hold repeat
    its nearest one. Plate and styled frames share the strip's colour space, so where
    one is scene-linear and the other is not, the styled ones wait until all are there.
    """
    record = result.brushpass_result
    shelf = shelf_of(result)
    plates = present(shelf / PLATE_FOLDER, record.plate)
    numbers = range(record.first, record.last + 1)
    folder = shelf / version_name(record.version_pattern, record.version)
    styled = set()
    if record.version and folder.is_dir():
        lend_plates(shelf / PLATE_FOLDER, folder, record.plate)
        styled = present(folder, record.styled)
    else:
        folder = shelf / PLATE_FOLDER
    wanted = plates or set(numbers)
    if _linear(record.plate) != _linear(record.styled) and not styled >= wanted:
        styled = set()
    names = [
        frame_name(record.styled if number in styled else record.plate, number)
        for number in _held(numbers, plates | styled)
    ]
    changed = folder != Path(os.path.normpath(bpy.path.abspath(result.directory)))
    # Reading a picture takes its time, and what is painted has the space of its plate.
    another_format = Path(result.elements[0].filename).suffix != Path(names[0]).suffix
    if changed:
        result.directory = relative(folder)
    for element, name in zip(result.elements, names, strict=True):
        if element.filename != name:
            element.filename = name
            changed = True
    if another_format:
        _set_colour(result, folder / names[0])
    if changed:
        result.invalidate_cache("RAW")
    return Shown(len(styled & wanted), len(wanted))


def relative(folder: Path) -> str:
    """A folder as a strip keeps it: relative to the .blend, where that is possible."""
    text = str(folder)
    if bpy.data.filepath:
        with contextlib.suppress(ValueError):  # another drive
            text = bpy.path.relpath(text)
    return os.path.join(text, "")


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
