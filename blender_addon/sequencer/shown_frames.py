"""Which file each frame of a result shows: the styled one where it is there, else the plate's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ..contract.errors import InputError
from .versions import PLATE_FOLDER, frame_name, version_name

__all__ = ["Shown", "refresh", "shelf_of", "show_version"]

_LINEAR = frozenset({".exr"})


@dataclass(frozen=True)
class Shown:
    """Frames of a result: how many are styled, of how many."""

    styled: int
    frames: int


def shelf_of(result: bpy.types.Strip) -> Path:
    """The folder that holds the result's plate and versions."""
    return Path(bpy.path.abspath(result.brushpass_result.shelf))


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
    plates = _present(shelf / PLATE_FOLDER, record.plate)
    numbers = range(record.first, record.last + 1)
    folder = version_name(record.version_pattern, record.version) if record.version else ""
    styled = _present(shelf / folder, record.styled) if folder else set()
    wanted = plates or set(numbers)
    if _linear(record.plate) != _linear(record.styled) and not styled >= wanted:
        styled = set()
    names = [
        f"{folder}/{frame_name(record.styled, number)}"
        if number in styled
        else f"{PLATE_FOLDER}/{frame_name(record.plate, number)}"
        for number in _held(numbers, plates | styled)
    ]
    changed = False
    for element, name in zip(result.elements, names, strict=True):
        if element.filename != name:
            element.filename = name
            changed = True
    if changed:
        _set_colour(result, shelf / names[0])
        result.invalidate_cache("RAW")
    return Shown(len(styled & wanted), len(wanted))


def _held(numbers: range, present: set[int]) -> list[int]:
    """Each number, or the nearest that is present; of none, the number itself."""
    first, last = min(present, default=numbers.start), max(present, default=numbers.stop - 1)
    return [min(max(number, first), last) for number in numbers]


def _present(folder: Path, pattern: str) -> set[int]:
    """Numbers of the frames in a folder."""
    head, _, tail = pattern.partition("####")
    found = set()
    for path in folder.glob("*"):
        middle = path.name.removeprefix(head).removesuffix(tail)
        if path.name == f"{head}{middle}{tail}" and middle.isdigit():
            found.add(int(middle))
    return found


def _linear(pattern: str) -> bool:
    return Path(pattern).suffix.lower() in _LINEAR


def _set_colour(result: bpy.types.Strip, path: Path) -> None:
    linear = _linear(path.name)
    result.alpha_mode = "PREMUL" if linear else "STRAIGHT"
    image = bpy.data.images.load(str(path), check_existing=False)
    # The space is read from the file, or is the default of its format, once the pixels are asked for.
    if not image.size[0]:
        raise InputError(f"{path} cannot be read", remedy="style the strip again")
    result.colorspace_settings.name = image.colorspace_settings.name
    bpy.data.images.remove(image)
