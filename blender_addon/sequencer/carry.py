"""What a strip hands over to the strip that takes its place: values, F-curves, modifiers, effects."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ..settings.channelbags import all_fcurves
from .strips import users

__all__ = ["copy_look", "hand_over_curves", "hand_over_effects"]

_LOOK = ("color_saturation", "color_multiply", "multiply_alpha", "use_flip_x", "use_flip_y", "use_linear_modifiers")
"""What Blender applies to a picture before blending, beside transform, crop and modifiers; the last in 4.5 only."""


def hand_over_curves(
    scene: bpy.types.Scene, source: bpy.types.Strip, target: bpy.types.Strip, options: Iterable[str]
) -> None:
    """Let F-curves and drivers of ``source``'s options move ``target``'s instead.

    ``options`` are the beginnings of paths from the strip: ``blend_alpha``, ``transform``.
    """
    old, new = source.path_from_id(), target.path_from_id()
    prefixes = tuple(f"{old}.{option}" for option in options)
    curves = [curve for bag in all_fcurves(scene) for curve in bag]
    if scene.animation_data:
        curves += scene.animation_data.drivers
    for curve in curves:
        if curve.data_path.startswith(prefixes):
            curve.data_path = new + curve.data_path[len(old) :]


def hand_over_effects(scene: bpy.types.Scene, source: bpy.types.Strip, target: bpy.types.Strip) -> None:
    """Let every effect and mask that took ``source`` take ``target``."""
    for effect in list(users(scene, source)):
        for name in ("input_1", "input_2"):
            if getattr(effect, name, None) == source:
                setattr(effect, name, target)
    for other in scene.sequence_editor.strips_all:
        for modifier in other.modifiers:
            if getattr(modifier, "input_mask_strip", None) == source:
                modifier.input_mask_strip = target


def copy_look(source: bpy.types.Strip, target: bpy.types.Strip) -> None:
    """Give ``target`` the transform, crop, colours and modifiers of ``source``."""
    for name in _LOOK:
        if hasattr(source, name):
            setattr(target, name, getattr(source, name))
    _copy_values(source.transform, target.transform)
    _copy_values(source.crop, target.crop)
    # Blender 4.5 looks for the strips in the context's scene, and crashes where that one has none.
    with bpy.context.temp_override(scene=source.id_data):
        while target.modifiers:
            target.modifiers.remove(target.modifiers[0])
        for modifier in source.modifiers:
            _copy_values(modifier, target.modifiers.new(modifier.name, modifier.type))


def _copy_values(source: bpy.types.bpy_struct, target: bpy.types.bpy_struct) -> None:
    if isinstance(source, bpy.types.CurveMapping) and isinstance(target, bpy.types.CurveMapping):
        _copy_curve_mapping(source, target)
        return
    for definition in source.bl_rna.properties:
        name = definition.identifier
        if name in ("rna_type", "name", "type"):
            continue
        if not definition.is_readonly:
            setattr(target, name, getattr(source, name))
        elif definition.type == "POINTER" and isinstance(getattr(source, name), bpy.types.bpy_struct):
            _copy_values(getattr(source, name), getattr(target, name))


def _copy_curve_mapping(source: bpy.types.CurveMapping, target: bpy.types.CurveMapping) -> None:
    for definition in source.bl_rna.properties:
        if not definition.is_readonly:
            setattr(target, definition.identifier, getattr(source, definition.identifier))
    for old, new in zip(source.curves, target.curves, strict=True):
        while len(new.points) > len(old.points):
            new.points.remove(new.points[-1])
        while len(new.points) < len(old.points):
            new.points.new(1.0, 1.0)
        for before, after in zip(old.points, new.points, strict=True):
            after.location = before.location
            after.handle_type = before.handle_type
    target.update()
