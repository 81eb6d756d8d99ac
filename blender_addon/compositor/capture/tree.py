"""The compositor tree of a throwaway copy of the file, made to put out what a Style node's inputs read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bpy

from ... import compat
from ...contract.errors import UsageError
from ..bridge.bridge_scene import is_bridge_node
from ..bridge.slots import passes_of
from ..style_node.mask_inputs import mask_socket
from ..style_node.node_group import IMAGE
from ..style_node.node_name import NODE_ID
from .playback import BAKED_KEY, sound_needed
from .tree_state import upstream_nodes

__all__ = ["lead_out"]

_LAYERS_ID = "CompositorNodeRLayers"
_WRITERS = ("CompositorNodeOutputFile", "CompositorNodeViewer")


def lead_out(
    scene: bpy.types.Scene, tree: bpy.types.NodeTree, node: bpy.types.Node, *, layer: str | None, masks: Sequence[int]
) -> Mapping[int, bpy.types.NodeSocket]:
    """Make what the node's picture input reads the tree's output, and leave nothing in it that this does not need.

    ``layer`` is rendered whatever reads it. Returns what the Mask inputs ``masks`` read, by their numbers.
    Raises :class:`UsageError` where one of them reads nothing, or a Style node that paints while rendering.
    """
    _remove_writers()
    entrances = [node.inputs[IMAGE], *(node.inputs[mask_socket(number)] for number in masks)]
    for entrance in entrances:
        _see_through(tree, node, entrance)
    source, *others = (_source(node, entrance) for entrance in entrances)
    needed = [other for entrance in entrances for other in upstream_nodes(entrance)]
    for other in list(tree.nodes):
        if other not in needed:
            # In 4.5 a node that is not known keeps the tree from being composited.
            tree.nodes.remove(other)
        elif other.get(BAKED_KEY) is not None:
            # A picture like any other: the add-on, where it is on, mutes no layer for it.
            del other[BAKED_KEY]
    sound_needed(tree)
    _keep_rendering(scene, tree, layer)
    tree.links.new(source, _outlet(tree))
    return dict(zip(masks, others, strict=True))


def _remove_writers() -> None:
    """Of groups too: what the artist writes is not this Blender's to write."""
    trees = [tree for scene in bpy.data.scenes if (tree := compat.compositor_tree(scene)) is not None]
    trees += [tree for tree in bpy.data.node_groups if tree.bl_idname == "CompositorNodeTree"]
    for tree in trees:
        for node in [node for node in tree.nodes if node.bl_idname in _WRITERS]:
            tree.nodes.remove(node)


def _keep_rendering(scene: bpy.types.Scene, tree: bpy.types.NodeTree, layer: str | None) -> None:
    """Let the scene be rendered where its passes are asked for: Blender does so for Render Layers nodes alone."""
    # In 5.x the input of the tree is the render as well.
    asked = layer is not None or any(node.bl_idname == "NodeGroupInput" for node in tree.nodes)
    if asked and not any(node.bl_idname == _LAYERS_ID and node.scene == scene for node in tree.nodes):
        layers = tree.nodes.new(_LAYERS_ID)
        layers.scene = scene
        if layer is not None:
            layers.layer = layer


def _outlet(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    if not compat.BLENDER_5:
        return tree.nodes.new("CompositorNodeComposite").inputs[0]
    # Blender writes the first output, if it is a colour.
    for item in [item for item in tree.interface.items_tree if getattr(item, "in_out", "") == "OUTPUT"]:
        tree.interface.remove(item)
    tree.interface.new_socket(IMAGE, in_out="OUTPUT", socket_type="NodeSocketColor")  # type: ignore[arg-type]
    return tree.nodes.new("NodeGroupOutput").inputs[0]


def _source(node: bpy.types.Node, entrance: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    link = _link(entrance)
    if link is None or link.from_socket is None:
        raise UsageError(
            f"nothing is linked to {entrance.name} of {node.name!r}", remedy="link it, or choose another matte"
        )
    return link.from_socket


def _see_through(tree: bpy.types.NodeTree, node: bpy.types.Node, entrance: bpy.types.NodeSocket) -> None:
    """Put their frames in the place of the Style nodes behind ``entrance``; the add-on may be off here."""
    for other in upstream_nodes(entrance):
        if other.bl_idname not in (NODE_ID, "NodeUndefined") or is_bridge_node(other):
            continue
        for part in passes_of(1):
            outlet = other.outputs.get(part.socket)
            readers: list[Any] = [link.to_socket for link in outlet.links] if outlet is not None else []
            read = other.inputs.get(part.entrance if not other.mute else IMAGE if part.part == "image" else "")
            link = _link(read) if read is not None else None
            shown = link is not None and (other.mute or link.from_node.bl_idname == "CompositorNodeImage")
            if readers and not shown and not other.mute:
                raise UsageError(
                    f"{node.name!r} reads {other.name!r}, which paints while the frame is rendered",
                    remedy=f"bake {other.name!r} first, or let it capture",
                )
            for reader in readers:
                if link is not None:
                    tree.links.new(link.from_socket, reader)


def _link(socket: bpy.types.NodeSocket) -> bpy.types.NodeLink | None:
    return next((link for link in socket.links or () if not link.is_muted), None)
