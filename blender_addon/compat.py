"""Every difference between Blender 4.5 and 5.x, and nothing else.

The rest of the add-on is written for 5.2 and asks here for what 4.5 calls otherwise.
"""

from __future__ import annotations

import bpy

__all__ = ["BLENDER_5", "copy_fcurve"]

BLENDER_5 = bpy.app.version >= (5, 0, 0)


def copy_fcurve(source: bpy.types.FCurve, curves: bpy.types.ActionChannelbagFCurves, data_path: str) -> None:
    """Add a copy of an F-curve to ``curves`` under another data path; 4.5 cannot copy one whole."""
    if BLENDER_5:
        curves.new_from_fcurve(source, data_path=data_path)
        return
    copy = curves.new(data_path)
    _copy_values(source, copy, skip=("data_path", "group"))
    copy.keyframe_points.add(len(source.keyframe_points))
    for old, new in zip(source.keyframe_points, copy.keyframe_points, strict=True):
        _copy_values(old, new, skip=("co_ui",))
    for old in source.modifiers:
        new = copy.modifiers.new(type=old.type)
        _copy_values(old, new)
        for control in getattr(old, "control_points", ()):
            _copy_values(control, new.control_points.add(control.frame))
    copy.update()


def _copy_values(source: bpy.types.bpy_struct, target: bpy.types.bpy_struct, skip: tuple[str, ...] = ()) -> None:
    for definition in source.bl_rna.properties:
        if not definition.is_readonly and definition.identifier not in skip:
            setattr(target, definition.identifier, getattr(source, definition.identifier))
