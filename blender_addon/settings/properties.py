"""Copying Blender's data property by property, whatever holds it."""

from __future__ import annotations

import bpy

__all__ = ["copy_properties"]


def copy_properties(source: bpy.types.bpy_struct, target: bpy.types.bpy_struct) -> None:
    """Give ``target`` the values of ``source``, a group of the same class, its groups and lists included."""
    for definition in source.bl_rna.properties:
        name = definition.identifier
        if name == "rna_type":
            continue
        value = getattr(source, name)
        if definition.type == "COLLECTION":
            entries = getattr(target, name)
            entries.clear()
            for entry in value:
                copy_properties(entry, entries.add())
        elif definition.type == "POINTER" and isinstance(value, bpy.types.PropertyGroup):
            copy_properties(value, getattr(target, name))
        elif not definition.is_readonly:
            setattr(target, name, value)
