"""What a Style node reads: the passes of a view layer, found by what is linked to its picture.

Nodes between the two are not seen: the bridge runs before the compositor.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ... import compat
from ...contract.errors import UsageError
from .node_group import IMAGE

__all__ = ["Source", "find_source", "layer_behind"]

_LAYERS_ID = "CompositorNodeRLayers"


@dataclass(frozen=True)
class Source:
    """A view layer; ``warning``: why that is not all that is linked, empty where it is."""

    layer: str
    warning: str = ""


def find_source(node: bpy.types.Node, scene: bpy.types.Scene) -> Source:
    """The view layer that a Style node styles in the render of ``scene``.

    Raises :class:`UsageError` where it is another scene's, or none.
    """
    link = _link(node.inputs[IMAGE])
    if link is None:
        layer = _first_layer(scene)
        return Source(layer, f"nothing is linked to Image: the view layer {layer!r} is styled")
    plain, found = _follow(link)
    if not found:
        raise UsageError(
            f"{node.name!r} has no Render Layers node behind its Image",
            remedy="link one to it; footage is styled in the sequencer",
        )
    layers = found[0]
    if layers.scene != scene:
        name = layers.scene.name if layers.scene is not None else ""
        raise UsageError(
            f"{node.name!r} reads the scene {name!r} while {scene.name!r} is rendered",
            remedy=_remedy(node.id_data, layers, scene),
        )
    if not scene.view_layers[layers.layer].use:
        raise UsageError(f"the view layer {layers.layer!r} is not rendered", remedy="switch on its Use for Rendering")
    if plain and len(found) == 1:
        return Source(layers.layer)
    return Source(
        layers.layer, f"the view layer {layers.layer!r} is styled as it was rendered, without the nodes before this one"
    )


def _remedy(tree: bpy.types.ID | None, layers: bpy.types.Node, scene: bpy.types.Scene) -> str:
    """What lets a tree that reads another scene paint ``scene``."""
    choose = f"choose {scene.name!r} in its node {layers.name!r}"
    if tree is not None and tree.library is not None:
        return f"make the linked compositor tree {tree.name!r} local, then {choose}"
    if layers.scene is not None and compat.compositor_tree(layers.scene) == tree:
        return f"give {scene.name!r} a copy of the compositor tree, and {choose}"
    return choose


def layer_behind(node: bpy.types.Node, scene: bpy.types.Scene) -> str | None:
    """The nearest view layer of ``scene`` that a Style node's picture reads, through other nodes too."""
    link = _link(node.inputs[IMAGE])
    found = _follow(link)[1] if link is not None else []
    return next((layers.layer for layers in found if layers.scene == scene), None)


def _follow(link: bpy.types.NodeLink) -> tuple[bpy.types.NodeSocket | None, list[bpy.types.Node]]:
    """The picture of a Render Layers node where ``link`` comes straight from it, and all such nodes behind it."""
    found: list[bpy.types.Node] = []
    seen: set[bpy.types.Node] = set()
    straight: bpy.types.NodeSocket | None = None
    waiting = [(link, True)]
    while waiting:
        at, direct = waiting.pop(0)
        node = at.from_node
        assert node is not None
        if node.bl_idname == _LAYERS_ID:
            if node not in found:
                found.append(node)
            if direct and at.from_socket.name == IMAGE:
                straight = at.from_socket
        elif node not in seen:
            seen.add(node)
            behind = [further for socket in node.inputs if (further := _link(socket)) is not None]
            waiting += [(further, direct and node.bl_idname == "NodeReroute") for further in behind]
    return straight, found


def _link(socket: bpy.types.NodeSocket) -> bpy.types.NodeLink | None:
    return next((link for link in socket.links if not link.is_muted), None)


def _first_layer(scene: bpy.types.Scene) -> str:
    found = next((layer.name for layer in scene.view_layers if layer.use), None)
    if found is None:
        raise UsageError(f"the scene {scene.name!r} renders no view layer", remedy="switch on Use for Rendering of one")
    return found
