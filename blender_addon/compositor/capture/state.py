"""Whether a Style node's frames are what it would paint now, and its plate what it would be painted on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import bpy

from ...sequencer.scene_state import edited_since, state_of_scenes
from ..style_node.mask_inputs import mask_socket
from ..style_node.node_group import IMAGE
from .node_record import CAPTURE
from .recipe import capture_recipe, capture_scene, captured_masks
from .tree_state import name_or_files, tree_state, upstream_nodes

__all__ = ["capture_digest", "plate_state", "why_stale"]


def capture_digest(node: bpy.types.Node) -> str:
    """Names how a node would paint now, whatever the frames, and what: see :func:`why_stale`.

    Raises :class:`UsageError` for settings that cannot be painted by.
    """
    scene = capture_scene(node)
    return "-".join((_recipe_digest(node, scene), _linked_digest(node), _seen_digest(node, scene)))


def why_stale(node: bpy.types.Node, *, thorough: bool = False) -> str:
    """Why a node's frames are not what it would paint now, in a few words; empty where they are.

    ``thorough`` asks for the files and the scenes that are read, too, which takes its time.
    Raises as :func:`capture_digest`.
    """
    scene = capture_scene(node)
    recipe, linked, seen = (*node.record.digest.split("-"), "", "")[:3]
    if recipe != _recipe_digest(node, scene):
        return "its settings have changed since"
    if linked != _linked_digest(node):
        return "what is linked to it has changed since"
    if thorough:
        # In this order: what is seen has edits told.
        if seen != _seen_digest(node, scene):
            return "the files or the scene that it shows have changed since"
        if edited_since(node.record.state):
            return "the scene was edited since"
    return ""


def _recipe_digest(node: bpy.types.Node, scene: bpy.types.Scene) -> str:
    recipe = capture_recipe(node, scene, Path(bpy.path.abspath("//")), scene.frame_start, scene.frame_end)
    # Where it was painted is nothing that can be seen in it.
    compute = {**recipe["compute"], "device": ""}
    recipe = {**recipe, "plate": {**recipe["plate"], "frames": ""}, "output": {}, "compute": compute}
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:32]


def _linked_digest(node: bpy.types.Node) -> str:
    """Names the nodes before a node, whatever files and scenes they show."""
    return hashlib.sha256(_linked_state(node, lambda item: item.name).encode()).hexdigest()[:16]


def _seen_digest(node: bpy.types.Node, scene: bpy.types.Scene) -> str:
    """Names the files and the settings of scenes before a node; the same in every session."""

    def state(item: bpy.types.ID) -> str:
        if isinstance(item, bpy.types.Scene):
            return state_of_scenes([item], composited=False).rpartition("/")[2]
        return name_or_files(item)

    return hashlib.sha256(f"{state(scene)}/{_linked_state(node, state)}".encode()).hexdigest()[:16]


def plate_state(node: bpy.types.Node, scene: bpy.types.Scene) -> str:
    """The state of everything that a node's plate shows."""

    def state(item: bpy.types.ID) -> str:
        scenes = isinstance(item, bpy.types.Scene)
        return state_of_scenes([item], composited=False) if scenes else name_or_files(item)  # type: ignore[list-item]

    alone = state(scene)
    return alone if node.mode != CAPTURE else f"{alone}/{_linked_state(node, state)}"


def _linked_state(node: bpy.types.Node, state: Callable[[bpy.types.ID], str]) -> str:
    sockets = [node.inputs[IMAGE], *(node.inputs[mask_socket(number)] for number in captured_masks(node))]
    upstream = {other.name: other for socket in sockets for other in upstream_nodes(socket)}
    links = [(link.from_node.name, link.from_socket.identifier) for socket in sockets for link in socket.links]
    return f"{tree_state(node.id_data, upstream.values(), state)}/{links}"  # type: ignore[arg-type]
