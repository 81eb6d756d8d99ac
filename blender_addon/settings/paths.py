"""Blender's paths (``//`` is the .blend's folder) and the recipe's (relative to the recipe)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import bpy

__all__ = ["absolute_path", "folder_of_library", "from_recipe", "rebase", "to_recipe"]


def absolute_path(path: str, holder: bpy.types.PropertyGroup | None = None) -> str:
    """A path of Blender without ``//``; ``holder`` as in :func:`to_recipe`."""
    data = None if holder is None else holder.id_data
    return str(bpy.path.abspath(path, library=None if data is None else data.library))


def folder_of_library(library: bpy.types.Library) -> str:
    """What ``//`` is in a library."""
    return os.path.dirname(bpy.path.abspath(library.filepath))


def rebase(group: bpy.types.bpy_struct, folder: str) -> None:
    """Let the paths of a group that was another file's, in ``folder``, mean what they meant there."""
    for definition in group.bl_rna.properties:
        if definition.identifier == "rna_type":
            continue
        value = getattr(group, definition.identifier)
        if definition.type == "COLLECTION":
            for entry in value:
                rebase(entry, folder)
        elif definition.type == "POINTER" and isinstance(value, bpy.types.PropertyGroup):
            rebase(value, folder)
        elif definition.type == "STRING" and value.startswith("//"):
            path = str(bpy.path.abspath(value, start=folder))
            with contextlib.suppress(ValueError):  # another drive
                path = bpy.path.relpath(path) if bpy.data.filepath else path
            setattr(group, definition.identifier, path)


def to_recipe(path: str, base: Path, holder: bpy.types.PropertyGroup | None = None) -> str:
    """A path of Blender as a recipe in ``base`` writes it, relative where it lies below.

    ``holder``: what the path was read from; ``//`` of linked data is the folder of its own file.
    """
    absolute = Path(absolute_path(path, holder))
    if not absolute.is_absolute():
        return path
    plain = Path(os.path.normpath(absolute))
    return (plain.relative_to(base) if plain.is_relative_to(base) else plain).as_posix()


def from_recipe(path: str, base: Path) -> str:
    """A path of a recipe in ``base`` as Blender keeps it, ``//`` where it lies below the .blend."""
    absolute = Path(os.path.normpath(base / path))
    if bpy.data.filepath and absolute.is_relative_to(Path(bpy.data.filepath).parent):
        return bpy.path.relpath(str(absolute))
    return str(absolute)
