"""The hidden scene whose render engine is the bridge, and the node that brings its passes into a tree.

Blender renders it after the scene that is rendered and before that one's compositor,
because a Render Layers node at the top of the tree names it.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy

__all__ = [
    "BRIDGE_NAME",
    "ENGINE_ID",
    "ensure_bridge",
    "ensure_bridge_node",
    "find_bridge",
    "is_bridge_node",
    "remove_bridge",
    "remove_bridge_nodes",
    "remove_further_bridges",
]

ENGINE_ID = "BRUSHPASS_BRIDGE"
BRIDGE_NAME = ".Brushpass Bridge"
_LABEL = "Style Passes"


def find_bridge() -> bpy.types.Scene | None:
    """The bridge scene, where the file has it."""
    return next(_bridges(), None)


def _bridges() -> Iterator[bpy.types.Scene]:
    """What is appended brings the bridge scene of its own file along."""
    yield from (scene for scene in bpy.data.scenes if scene.library is None and scene.render.engine == ENGINE_ID)


def ensure_bridge() -> bpy.types.Scene:
    """The bridge scene, made where the file has none."""
    scene = find_bridge()
    if scene is None:
        scene = bpy.data.scenes.new(BRIDGE_NAME)
        scene.render.engine = ENGINE_ID  # type: ignore[assignment]
    if scene.camera is None:
        # Blender renders no scene without one. It sees nothing, and is no object of the artist's.
        camera = bpy.data.objects.new(BRIDGE_NAME, bpy.data.cameras.new(BRIDGE_NAME))
        scene.collection.objects.link(camera)
        scene.camera = camera
    return scene


def remove_bridge() -> None:
    """Remove the bridge scene with its camera, where the file has it."""
    for scene in list(_bridges()):
        _remove(scene)


def remove_further_bridges() -> None:
    """Remove all bridge scenes but the one that :func:`find_bridge` finds; no node of a tree may name them."""
    for scene in list(_bridges())[1:]:
        _remove(scene)


def _remove(scene: bpy.types.Scene) -> None:
    for item in list(scene.collection.objects):
        camera = item.data
        bpy.data.objects.remove(item)
        if isinstance(camera, bpy.types.Camera):
            bpy.data.cameras.remove(camera)
    bpy.data.scenes.remove(scene)


def ensure_bridge_node(tree: bpy.types.NodeTree, scene: bpy.types.Scene, beside: bpy.types.Node) -> bpy.types.Node:
    """The one such node of a tree, made below the node ``beside`` where there is none; further ones are removed.

    One that names the bridge of another file, as a tree from there does, names this file's from now on.
    """
    found = _bridge_nodes(tree)
    for node in found[1:]:
        tree.nodes.remove(node)
    if found:
        first = found[0]
    else:
        first = tree.nodes.new("CompositorNodeRLayers")
        first.scene = scene
        first.label = _LABEL
        first.hide = True
        first.select = False
        first.location = (beside.location.x, beside.location.y + 45)
    if first.scene != scene:
        first.scene = scene
    if first.mute:
        # Blender would not render the bridge.
        first.mute = False
    return first


def remove_bridge_nodes(tree: bpy.types.NodeTree) -> None:
    """Take the bridge's passes out of a tree."""
    for node in _bridge_nodes(tree):
        tree.nodes.remove(node)


def _bridge_nodes(tree: bpy.types.NodeTree) -> list[bpy.types.Node]:
    return [node for node in tree.nodes if is_bridge_node(node)]


def is_bridge_node(node: bpy.types.Node) -> bool:
    """Whether a node brings a bridge's passes into its tree, be that another file's."""
    return (
        node.bl_idname == "CompositorNodeRLayers" and node.scene is not None and node.scene.render.engine == ENGINE_ID
    )
