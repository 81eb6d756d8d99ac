"""A Style node's frames in its own place, played back by Blender's own Image nodes; and the node put back.

The node leaves the tree altogether: where the add-on is missing, Blender 4.5 does not composite a
tree with a node that it does not know. What the node held is kept as plain data on the Image node of its picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ...contract.errors import InputError, NstError, UsageError
from ...settings.channelbags import all_fcurves
from ...settings.snapshot import restore, snapshot
from ..bridge.slots import passes_of
from ..style_node.mask_inputs import MASK_SOCKETS
from ..style_node.node_group import IMAGE
from ..style_node.node_name import NODE_ID
from .playback import BAKED_KEY, FRAMES_KEY, drop_frames, frames_nodes, show_frames, sound_needed

__all__ = ["bake", "baked_fault", "baked_nodes", "baked_range", "is_baked", "parked_path", "unbake"]

_HELD = ("mode", "location", "width", "label", "hide", "use_custom_color", "color")


def baked_nodes(tree: bpy.types.NodeTree) -> Iterator[bpy.types.Node]:
    """The Image nodes that stand in the place of Style nodes; of each Style node that of its picture."""
    yield from (node for node in tree.nodes if is_baked(node))


def is_baked(node: bpy.types.Node) -> bool:
    """Whether a node stands in the place of a Style node."""
    return node.bl_idname == "CompositorNodeImage" and node.get(BAKED_KEY) is not None


def bake(tree: bpy.types.NodeTree, node: bpy.types.Node) -> bpy.types.Node:
    """Put the frames that a Style node has in its place; the Image node of its picture.

    Raises :class:`RuntimeError` where the frames cannot be read.
    """
    frames = show_frames(tree, node)
    for part in passes_of(1):
        source = frames.get(part.part)
        if source is not None:
            for link in list(node.outputs[part.socket].links or ()):
                tree.links.new(source.outputs[0], link.to_socket)
    for place, shown in enumerate(frames.values()):
        shown.hide = False
        shown.location = (node.location.x, node.location.y - 320 * place)
    picture = frames["image"]
    picture[BAKED_KEY] = json.dumps(_held(node))
    _rename_curves(tree, _path(node), parked_path(picture))
    tree.nodes.remove(node)
    tree.nodes.active = picture
    return picture


def unbake(tree: bpy.types.NodeTree, picture: bpy.types.Node) -> tuple[bpy.types.Node, tuple[str, ...]]:
    """Put the Style node back whose place ``picture`` took; with its inputs whose nodes were renamed or removed.

    Raises :class:`UsageError` for any other node.
    """
    try:
        held = json.loads(picture[BAKED_KEY])
        name, inputs = str(held["name"]), list(held["inputs"])
    except (KeyError, ValueError, TypeError) as error:
        raise UsageError(f"{picture.name!r} is no baked Style node", remedy="select one") from error
    node = tree.nodes.new(NODE_ID)
    node.name = name
    for key in _HELD:
        if key in held:
            setattr(node, key, held[key])
    restore(node.record, held["record"])
    restore(node.brushpass, held["settings"])
    lost: list[str] = []
    for entrance, other, socket in inputs:
        source = tree.nodes.get(other)
        outlet = next((entry for entry in source.outputs if entry.identifier == socket), None) if source else None
        if outlet is not None and entrance in node.inputs:
            tree.links.new(outlet, node.inputs[entrance])
        else:
            lost.append(str(entrance))
    _rename_curves(tree, parked_path(picture), _path(node))
    for part, frames in frames_nodes(tree, node).items():
        outlet = node.outputs[next(entry.socket for entry in passes_of(1) if entry.part == part)]
        for link in list(frames.outputs[0].links or ()):
            tree.links.new(outlet, link.to_socket)
    drop_frames(tree, node)
    sound_needed(tree)
    tree.nodes.active = node
    return node, tuple(lost)


def baked_range(picture: bpy.types.Node) -> tuple[int, int]:
    """The first and the last frame that were baked; none lie between 0 and -1, of data that cannot be read."""
    try:
        record = json.loads(picture[BAKED_KEY])["record"]
        return int(record["first"]), int(record["last"])
    except (KeyError, ValueError, TypeError):
        return 0, -1


def baked_fault(picture: bpy.types.Node, frame: int) -> NstError | None:
    """What is missing of a frame that stands in a Style node's place; None where nothing is."""
    image = picture.image
    first, last = baked_range(picture)
    if image is None:
        return InputError(f"{picture.name!r} has lost its frames", remedy="choose them again, or remove the bake")
    if not first <= frame <= last:
        return UsageError(
            f"{picture.name!r} has frames {first}-{last}, and not {frame}",
            remedy="remove the bake, set the scene's frame range and bake again",
        )
    start = Path(bpy.path.abspath(image.filepath))
    stem, _, suffix = start.name.rpartition(".")
    digits = len(stem) - len(stem.rstrip("0123456789"))
    file = start.with_name(f"{stem[: len(stem) - digits]}{frame:0{digits}d}.{suffix}")
    return None if file.is_file() else InputError(f"{file} is gone", remedy="bring it back, or bake again")


def _held(node: bpy.types.Node) -> dict[str, Any]:
    inputs = [
        (name, link.from_node.name, link.from_socket.identifier)
        for name in (IMAGE, *MASK_SOCKETS)
        for link in node.inputs[name].links or ()
        if link.from_node is not None and link.from_socket is not None
    ]
    return {
        "name": node.name,
        **{key: _plain(getattr(node, key)) for key in _HELD},
        "inputs": inputs,
        "record": snapshot(node.record),
        "settings": snapshot(node.brushpass),
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str)) else list(value)


# ---- keyframes: of a node that is gone Blender removes them


def _path(node: bpy.types.Node) -> str:
    return f'nodes["{bpy.utils.escape_identifier(node.name)}"].brushpass'


def parked_path(picture: bpy.types.Node) -> str:
    """Where the F-curves of the settings lie meanwhile that a baked Style node had."""
    # Not by its name, which the artist may change.
    own = str(picture.get(FRAMES_KEY, "")).partition("/")[0]
    return f'brushpass_baked["{own}"]'


def _rename_curves(tree: bpy.types.NodeTree, before: str, after: str) -> None:
    for curves in all_fcurves(tree):
        for curve in curves:
            if curve.data_path.startswith(f"{before}."):
                curve.data_path = after + curve.data_path[len(before) :]
