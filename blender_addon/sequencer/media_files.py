"""Whether the files of a strip are there."""

from __future__ import annotations

import os
from collections.abc import Iterator

import bpy

from ..contract.errors import InputError, UsageError

__all__ = ["check_media"]


def check_media(strip: bpy.types.Strip, first: int, last: int) -> None:
    """Refuse a strip whose own files are not there: Blender would render it black and say nothing."""
    if strip.type == "MOVIE":
        paths = [bpy.path.abspath(strip.filepath)]
    elif strip.type == "IMAGE":
        if not len(strip.elements):
            raise UsageError(f"the strip {strip.name!r} has no pictures", remedy="add some and style again")
        folder = bpy.path.abspath(strip.directory)
        shown = dict.fromkeys(_elements(strip, first, last))
        paths = [os.path.join(folder, name) for name in shown]
    else:
        return
    missing = [path for path in paths if not os.path.exists(path)]
    if missing:
        more = f" and {len(missing) - 1} more files" if len(missing) > 1 else ""
        raise InputError(
            f"{missing[0]!r}{more} of the strip {strip.name!r} cannot be found",
            remedy="File > External Data > Find Missing Files, then style again",
        )


def _elements(strip: bpy.types.Strip, first: int, last: int) -> Iterator[str]:
    for frame in range(first, last + 1):
        element = strip.strip_elem_from_frame(frame)
        if element is not None:
            yield element.filename
