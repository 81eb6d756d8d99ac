"""The tree inside every Style node: what the bridge made goes out as it came in.

The node's sockets are this tree's. Its first input and output are the picture, so a
muted node passes that through.
"""

from __future__ import annotations

import bpy

from ..bridge.slots import SlotPass, passes_of
from .mask_inputs import MASK_SOCKETS

__all__ = ["IMAGE", "ensure_group", "remove_idle_groups"]

_COLOUR, _VALUE = "NodeSocketColor", "NodeSocketFloat"
_PANEL = "Style Passes"
_MASKS = "Masks"
_NAME = ".Brushpass Style"
IMAGE = "Image"
"""The node's input that says which view layer is styled."""


def ensure_group() -> bpy.types.NodeTree:
    """The tree, made where the file has none; one of an older file gets the sockets that it lacks."""
    tree = bpy.data.node_groups.get((_NAME, None)) or _make()
    _add_masks(tree)
    return tree


def remove_idle_groups() -> None:
    """Remove what no Style node has within it, copies that came with what was appended included."""
    for tree in list(bpy.data.node_groups):
        if tree.name.startswith(_NAME) and tree.library is None and tree.users == 0:
            bpy.data.node_groups.remove(tree)


def _make() -> bpy.types.NodeTree:
    tree = bpy.data.node_groups.new(_NAME, "CompositorNodeTree")
    for part in passes_of(1):
        tree.interface.new_socket(part.socket, in_out="OUTPUT", socket_type=_kind(part))  # type: ignore[arg-type]
    tree.interface.new_socket(IMAGE, in_out="INPUT", socket_type=_COLOUR)  # type: ignore[arg-type]
    # Sockets that are linked cannot be hidden.
    panel = tree.interface.new_panel(_PANEL, default_closed=True)
    for part in passes_of(1):
        tree.interface.new_socket(part.entrance, in_out="INPUT", socket_type=_kind(part), parent=panel)  # type: ignore[arg-type]
    entrance, exit_ = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    for part in passes_of(1):
        tree.links.new(entrance.outputs[part.entrance], exit_.inputs[part.socket])
    return tree


def _add_masks(tree: bpy.types.NodeTree) -> None:
    known = {item.name: item for item in tree.interface.items_tree}
    missing = [name for name in MASK_SOCKETS if name not in known]
    if not missing:
        return
    panel = known.get(_MASKS) or tree.interface.new_panel(_MASKS, default_closed=True)
    for name in missing:
        tree.interface.new_socket(name, in_out="INPUT", socket_type=_VALUE, parent=panel)  # type: ignore[arg-type]


def _kind(part: SlotPass) -> str:
    return _VALUE if part.part == "matte" else _COLOUR
