"""The add-on's preferences: the only place that a program's path is ever read from."""

from __future__ import annotations

import bpy

__all__ = ["BrushpassPreferences", "register", "unregister"]


class BrushpassPreferences(bpy.types.AddonPreferences):
    """Settings of this artist on this machine."""

    bl_idname = __package__


_CLASSES = (BrushpassPreferences,)


def register() -> None:
    for cls in _CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
