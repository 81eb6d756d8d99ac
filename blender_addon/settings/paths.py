"""Blender's paths (``//`` is the .blend's folder) and the recipe's (relative to the recipe)."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

__all__ = ["from_recipe", "to_recipe"]


def to_recipe(path: str, base: Path) -> str:
    """A path of Blender as a recipe in ``base`` writes it, relative where it lies below."""
    absolute = Path(bpy.path.abspath(path))
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
