"""What a scene is rendered with, and what of, as far as Blender tells no edit of it: read, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

__all__ = ["scene_settings"]

_NOT_SEEN = frozenset(
    {"filepath", "name", "use_lock_interface", "threads", "threads_mode", "use_render_cache", "use_overwrite"}
    | {"use_placeholder", "brushpass_passes", "brushpass_cached"}
)
_OF_OBJECTS = (
    *("name", "hide_render", "pass_index", "is_holdout", "is_shadow_catcher", "visible_camera", "visible_shadow"),
    *("visible_diffuse", "visible_glossy", "visible_transmission", "visible_volume_scatter"),
)
_OF_LAYER_COLLECTIONS = ("name", "exclude", "holdout", "indirect_only")


def scene_settings(scene: bpy.types.Scene) -> list[object]:
    """Equal lists, equal renders, but for edits that Blender tells."""
    groups: list[object] = [scene.render, scene.view_settings, scene.eevee, getattr(scene, "cycles", None)]
    groups.append(getattr(scene, "cycles_curves", None))
    found: list[object] = [_name(scene.world), _name(scene.camera), _name(scene.background_set), _custom(scene)]
    found += [_curve(scene.render.motion_blur_shutter_curve), _curve(scene.view_settings.curve_mapping)]
    for layer in scene.view_layers:
        groups += [layer, layer.eevee, getattr(layer, "cycles", None), layer.freestyle_settings]
        groups += layer.freestyle_settings.linesets
        found += [_name(layer.material_override), _name(getattr(layer, "world_override", None)), _custom(layer)]
        found += [[getattr(part, name) for name in _OF_LAYER_COLLECTIONS] for part in _parts(layer.layer_collection)]
    found += [(marker.frame, _name(marker.camera)) for marker in scene.timeline_markers]
    found += [_scalars(group) for group in groups if isinstance(group, bpy.types.bpy_struct)]
    objects: dict[bpy.types.Object, None] = {}
    for collection in _collections(scene):
        own = list(collection.objects)
        found.append((collection.name, collection.hide_render, [item.name for item in own]))
        objects |= dict.fromkeys(own)
    found += [_object(item) for item in objects]
    return found


def _object(item: bpy.types.Object) -> list[object]:
    linking = item.light_linking
    return [
        *(getattr(item, name) for name in _OF_OBJECTS),
        tuple(item.color),  # type: ignore[arg-type]
        [_name(slot.material) for slot in item.material_slots],
        # What these do in the viewport is told, in a render it is not.
        [_render_settings(modifier) for modifier in item.modifiers],
        _name(linking.receiver_collection) if linking is not None else "",
        _name(linking.blocker_collection) if linking is not None else "",
        _scalars(cycles) if isinstance(cycles := getattr(item, "cycles", None), bpy.types.bpy_struct) else (),
        _custom(item),
    ]


def _render_settings(modifier: bpy.types.Modifier) -> list[object]:
    levels = (getattr(modifier, name) for name in _names(modifier) if name.startswith("render_"))
    return [modifier.name, modifier.show_render, *levels]


def _collections(scene: bpy.types.Scene) -> Iterator[bpy.types.Collection]:
    """Those of a scene and of the scenes behind it, and those that their objects are instances of."""
    waiting: list[bpy.types.Collection] = []
    behind: bpy.types.Scene | None = scene
    while behind is not None and behind.collection not in waiting:
        waiting.append(behind.collection)
        behind = behind.background_set
    seen: set[bpy.types.Collection] = set()
    while waiting:
        collection = waiting.pop(0)
        if collection in seen:
            continue
        seen.add(collection)
        yield collection
        waiting += collection.children
        waiting += [item.instance_collection for item in collection.objects if item.instance_collection is not None]


def _parts(collection: bpy.types.LayerCollection) -> Iterator[bpy.types.LayerCollection]:
    yield collection
    for child in collection.children:
        yield from _parts(child)


def _custom(item: Any) -> list[tuple[str, str]]:
    """Custom properties, which drivers and shaders read, without those that add-ons have announced."""
    held = item.items()
    if not held:
        return []
    own = [(key, getattr(value, "to_list", lambda value=value: value)()) for key, value in held]
    kinds, announced = (bool, int, float, str, list), item.bl_rna.properties
    return sorted((key, repr(value)) for key, value in own if key not in announced and isinstance(value, kinds))


def _curve(mapping: bpy.types.CurveMapping | None) -> list[object]:
    if mapping is None:
        return []
    return [(*point.location, point.handle_type) for curve in mapping.curves for point in curve.points]


def _scalars(group: bpy.types.bpy_struct) -> list[object]:
    values = (getattr(group, name) for name in _names(group))
    return [sorted(value) if isinstance(value, set) else value for value in values]


_known_names: dict[type, tuple[str, ...]] = {}


def _names(group: bpy.types.bpy_struct) -> tuple[str, ...]:
    """The single values that a group has; thousands of objects have groups of a few kinds."""
    kind = type(group)
    if kind not in _known_names:
        _known_names[kind] = tuple(
            name
            for name, definition in group.bl_rna.properties.items()
            if definition.type in ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
            and not (definition.is_readonly or getattr(definition, "is_array", False))
            and not getattr(definition, "is_deprecated", False)
            and name not in _NOT_SEEN
            # What a render leaves beside its picture.
            and not name.startswith("use_pass_")
        )
    return _known_names[kind]


def _name(item: bpy.types.ID | None) -> str:
    return "" if item is None else item.name_full
