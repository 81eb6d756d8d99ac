"""The tree inside every Style node: what the bridge made goes out as it came in.

The node's sockets are this tree's. Its first input and output are the picture, so a
muted node passes that through.
"""

from __future__ import annotations

from typing import Literal

import bpy

from .slots import passes_of

__all__ = ["IMAGE", "ensure_group", "find_group"]

_COLOUR, _VALUE = "NodeSocketColor", "NodeSocketFloat"
_NAME = ".Brushpass Style"
IMAGE = "Image"
"""The node's input that says which view layer is styled."""


def ensure_group() -> bpy.types.NodeTree:
    """The tree, made where the file has none."""
    return find_group() or _make()


def find_group() -> bpy.types.NodeTree | None:
    """The tree, where the file has it."""
    return bpy.data.node_groups.get((_NAME, None))


def _make() -> bpy.types.NodeTree:
    tree = bpy.data.node_groups.new(_NAME, "CompositorNodeTree")
    _add_socket(tree, IMAGE, "INPUT", _COLOUR)
    for part in passes_of(1):
        kind = _VALUE if part.part == "matte" else _COLOUR
        _add_socket(tree, part.entrance, "INPUT", kind)
        _add_socket(tree, part.socket, "OUTPUT", kind)
    entrance, exit_ = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    for part in passes_of(1):
        tree.links.new(entrance.outputs[part.entrance], exit_.inputs[part.socket])
    return tree


def _add_socket(tree: bpy.types.NodeTree, name: str, side: Literal["INPUT", "OUTPUT"], kind: str) -> None:
    tree.interface.new_socket(name, in_out=side, socket_type=kind)  # type: ignore[arg-type]
