"""Names for what a part of a compositor tree shows: equal names mean that nothing was changed that the part reads."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import bpy

from ...settings.channelbags import all_fcurves
from .playback import MUTED_KEY

__all__ = ["name_or_files", "tree_state", "upstream_nodes"]

_LOOKS = frozenset(
    {"name", "label", "location", "location_absolute", "width", "height", "select", "color", "color_tag", "hide"}
    | {
        "show_options",
        "show_preview",
        "show_texture",
        "use_custom_color",
        "dimensions",
        "parent",
        "rna_type",
        "warning",
    }
    | {"bl_height_default", "bl_height_max", "bl_height_min", "bl_width_default", "bl_width_max", "bl_width_min"}
    | {"inputs", "outputs", "internal_links", "node_tree", "mute", "slot", "record", "copied_from"}
)
_VALUES = ("CompositorNodeRGB", "CompositorNodeValue", "ShaderNodeValue", "CompositorNodeNormal", "ShaderNodeNormal")
"""Nodes that keep what they are, a colour, a number or a direction, at an output."""
_FLEETING = frozenset({"rna_type", "frame_current", "is_dirty"})
_DEEPEST = 8


def upstream_nodes(socket: bpy.types.NodeSocket) -> list[bpy.types.Node]:
    """All nodes that an input reads, near and far, the nearest first."""
    found: list[bpy.types.Node] = []
    waiting = [socket]
    while waiting:
        for link in waiting.pop(0).links:
            node = link.from_node
            if link.is_muted or node is None or node in found:
                continue
            found.append(node)
            waiting += list(node.inputs)
    return found


def tree_state(tree: bpy.types.NodeTree, nodes: Iterable[bpy.types.Node], state: Callable[[bpy.types.ID], str]) -> str:
    """Names what ``nodes`` of ``tree`` make.

    ``state`` names what cannot be read from here, such as a scene, and the files of images and clips.
    """
    described = sorted(_node(node, state, 0) for node in nodes)
    return hashlib.sha256(repr((described, _curves(tree))).encode()).hexdigest()[:16]


def _node(node: bpy.types.Node, state: Callable[[bpy.types.ID], str], depth: int) -> str:
    muted = node.mute and node.get(MUTED_KEY) is None
    told: list[Any] = [node.name, node.bl_idname, muted, _values(node, state, _LOOKS)]
    for socket in node.inputs:
        links = [(link.from_node.name, link.from_socket.identifier) for link in socket.links if not link.is_muted]
        value = getattr(socket, "default_value", None)
        told.append([socket.identifier, links or _plain(value, state)])
    if node.bl_idname in _VALUES:
        told += [_plain(socket.default_value, state) for socket in node.outputs if socket.type != "CUSTOM"]
    group = getattr(node, "node_tree", None)
    if group is not None and depth < _DEEPEST:
        told += [sorted(_node(inner, state, depth + 1) for inner in group.nodes), _curves(group)]
    return repr(told)


def _values(item: Any, state: Callable[[bpy.types.ID], str], skipped: Iterable[str], depth: int = 0) -> list[Any]:
    found: list[Any] = []
    for definition in item.bl_rna.properties:
        name = definition.identifier
        if name in skipped or getattr(definition, "is_deprecated", False):
            continue
        if name in ("layer", "view") and not getattr(item, f"has_{name}s", True):
            continue  # An enumeration without entries.
        value = getattr(item, name)
        if definition.type == "COLLECTION":
            if depth < _DEEPEST:
                found.append([name, [_values(entry, state, _FLEETING, depth + 1) for entry in value]])
        elif definition.type == "POINTER" and value is not None and not isinstance(value, bpy.types.ID):
            if depth < _DEEPEST:
                found.append([name, _values(value, state, _FLEETING, depth + 1)])
        else:
            found.append([name, _plain(value, state)])
    return found


def _plain(value: Any, state: Callable[[bpy.types.ID], str]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bpy.types.Image):
        return [value.name, value.source, value.colorspace_settings.name, value.alpha_mode, state(value)]
    if isinstance(value, bpy.types.MovieClip):
        return [value.name, value.source, value.colorspace_settings.name, state(value)]
    if isinstance(value, bpy.types.ID):
        return [value.name, state(value)]
    if isinstance(value, bpy.types.bpy_struct):
        return _values(value, state, _FLEETING, _DEEPEST - 1)
    return sorted(value) if isinstance(value, (set, frozenset)) else [_plain(entry, state) for entry in value]


def name_or_files(item: bpy.types.ID) -> str:
    """An item's name; of images and clips the file, or all of the sequence that it begins, as they are now, unread."""
    if not isinstance(item, (bpy.types.Image, bpy.types.MovieClip)):
        return item.name
    file = Path(bpy.path.abspath(item.filepath, library=item.library))
    numbered = re.split(r"\d+(?=\D*$)", file.name)
    try:
        with os.scandir(file.parent) as entries:
            alike = [
                (entry.name, entry.stat().st_size, entry.stat().st_mtime_ns)
                for entry in entries
                if entry.name.startswith(numbered[0]) and entry.name.endswith(numbered[-1])
            ]
    except OSError:
        alike = []
    return repr((str(file), sorted(alike)))


def _curves(tree: bpy.types.NodeTree) -> list[object]:
    """What is keyed and driven, but for settings of Style nodes."""
    found: list[object] = []
    curves = [curve for bag in all_fcurves(tree) for curve in bag]
    drivers = list(tree.animation_data.drivers) if tree.animation_data else []
    for curve in [*curves, *drivers]:
        if ".brushpass." in curve.data_path:
            continue
        keys = [(*key.co, *key.handle_left, *key.handle_right, key.interpolation) for key in curve.keyframe_points]
        modifiers = [modifier.type for modifier in curve.modifiers]
        driver = _driver(curve.driver) if curve.driver is not None else ""
        found.append((curve.data_path, curve.array_index, curve.mute, keys, modifiers, driver))
    return found


def _driver(driver: bpy.types.Driver) -> list[object]:
    """How a value is made of others; what these are is their owners' state."""
    found: list[object] = [driver.type, driver.expression]
    for variable in driver.variables:
        found += [variable.name, variable.type]
        for target in variable.targets:
            found += [target.id and target.id.name_full, target.data_path, target.bone_target]
            found += [target.transform_type, target.transform_space, target.rotation_mode]
    return found
