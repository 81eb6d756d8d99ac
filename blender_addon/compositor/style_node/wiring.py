"""Everything that Style nodes need beside themselves, put right in one go; nothing is written where all is right.

The bridge scene and its node, a slot and links for each node, passes, the render cache.
What the last node leaves behind is removed.
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ... import compat
from ...contract.errors import UsageError
from ..bridge.bridge_scene import (
    ensure_bridge,
    ensure_bridge_node,
    remove_bridge,
    remove_bridge_nodes,
    remove_further_bridges,
)
from ..bridge.slots import assign, passes_of
from ..capture.bake import baked_nodes
from ..capture.node_record import plays
from ..capture.playback import mute_needless, tend_frames
from . import data_layers
from .node_copies import tend_copies
from .node_group import ensure_group, remove_idle_groups
from .passes import needed_passes, set_passes
from .trees import style_nodes, style_trees
from .upstream import find_source, layer_behind

__all__ = ["live_nodes", "mend", "register", "unregister"]


def mend() -> list[str]:
    """Put all trees and scenes of the file right; returns which passes were switched on, in words.

    Main thread, and not while Blender renders.
    """
    trees = style_trees()
    any_node = any(style_nodes(tree) for tree in trees)
    if any_node:
        _give_group(trees)
    tend_copies(list(trees))
    for tree in trees:
        tend_frames(tree, style_nodes(tree))
    used = [tree for tree in trees if live_nodes(tree)]
    for tree in trees:
        if tree in used:
            _wire(tree)
        else:
            remove_bridge_nodes(tree)
        mute_needless(tree)
    if used:
        remove_further_bridges()
    else:
        remove_bridge()
    remove_idle_groups()
    said: list[str] = []
    for scene in bpy.data.scenes:
        if scene.library is None:
            said += _prepare(scene)
    return said


def live_nodes(tree: bpy.types.NodeTree) -> list[bpy.types.Node]:
    """The Style nodes of a tree that the bridge serves."""
    return [node for node in style_nodes(tree) if not plays(node)]


def _wire(tree: bpy.types.NodeTree) -> None:
    nodes = live_nodes(tree)
    source = ensure_bridge_node(tree, ensure_bridge(), nodes[0])
    slots = assign([node.slot for node in nodes])
    for node, slot in zip(nodes, slots, strict=True):
        if node.slot != slot:
            node.slot = slot
        _link(tree, source, node)
    shown = {part.name for slot in slots for part in passes_of(slot)}
    for socket in source.outputs:
        if socket.enabled and socket.hide != (socket.name not in shown):
            socket.hide = socket.name not in shown


def _link(tree: bpy.types.NodeTree, source: bpy.types.Node, node: bpy.types.Node) -> None:
    """Link a node's slot to its entrances; without a slot nothing is."""
    for part in passes_of(node.slot):
        entrance = node.inputs[part.entrance]
        wanted = source.outputs.get(part.name)
        links = list(entrance.links or ())
        if wanted is not None and [link.from_socket for link in links] == [wanted] and not links[0].is_muted:
            continue
        for link in links:
            tree.links.remove(link)
        if wanted is not None:
            tree.links.new(wanted, entrance)


def _prepare(scene: bpy.types.Scene) -> list[str]:
    tree = compat.compositor_tree(scene)
    nodes = live_nodes(tree) if tree is not None else []
    needed: dict[str, frozenset[str]] = {}
    for node in nodes:
        try:
            layer = find_source(node, scene).layer
        except UsageError:
            continue  # Said on the node, and by the render.
        needed[layer] = needed.get(layer, frozenset()) | needed_passes(node)
    if nodes and not scene.render.use_render_cache:
        # The bridge reads what this leaves.
        scene.render.use_render_cache = scene.brushpass_cached = True
    if not nodes and scene.brushpass_cached:
        scene.render.use_render_cache = scene.brushpass_cached = False
    data_layers.tend(scene, {*needed, *_captured_layers(scene, tree)})
    return set_passes(scene, needed)


def _captured_layers(scene: bpy.types.Scene, tree: bpy.types.NodeTree | None) -> set[str]:
    """The view layers that Style nodes read which are not rendered with them, now or when a bake is taken back."""
    if tree is None:
        return set()
    if next(baked_nodes(tree), None) is not None:
        return {layer.name for layer in scene.view_layers if layer.brushpass_data_layer}
    behind = (layer_behind(node, scene) for node in style_nodes(tree))
    return {layer for layer in behind if layer is not None}


def _give_group(trees: Iterable[bpy.types.NodeTree]) -> None:
    """The tree that is within all Style nodes."""
    group = ensure_group()
    for tree in trees:
        for node in style_nodes(tree):
            if node.node_tree != group:
                node.node_tree = group


def register() -> None:
    bpy.types.Scene.brushpass_cached = bpy.props.BoolProperty(
        description="Whether a Style node switched on the render cache", options={"HIDDEN"}
    )


def unregister() -> None:
    del bpy.types.Scene.brushpass_cached
