"""Style nodes as owners of settings: where those hang, and the path that keys them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from ...settings import owner as owners
from ...settings.owner import Owner
from .node_name import NODE_ID
from .trees import all_trees, style_nodes

__all__ = ["CONTEXT_NODE", "node_of", "node_owner", "register", "unregister"]

CONTEXT_NODE = "brushpass_node"
"""The member of the context that names the node on whose face a button is, which need not be the active one."""


def node_owner(node: bpy.types.Node) -> Owner:
    """The settings of a Style node."""
    name = bpy.utils.escape_identifier(node.name)
    assert node.id_data is not None
    return Owner(node.id_data, f'nodes["{name}"].brushpass', node.name)


def node_of(owner: Owner) -> bpy.types.Node | None:
    """The node whose settings they are; None for other owners, and where it is gone."""
    if not isinstance(owner.id, bpy.types.NodeTree):
        return None
    return next((node for node in style_nodes(owner.id) if node.name == owner.label), None)


class _NodeHost:
    def active(self, context: bpy.types.Context) -> Owner | None:
        space = context.space_data
        if space is None or space.type != "NODE_EDITOR":
            return None
        node = getattr(context, CONTEXT_NODE, None) or context.active_node
        if node is None or node.bl_idname != NODE_ID or node.id_data.library is not None:
            # What is linked is another file's.
            return None
        return node_owner(node)

    def owners(self, id: bpy.types.ID) -> Iterator[Owner]:
        if isinstance(id, bpy.types.NodeTree):
            yield from (node_owner(node) for node in style_nodes(id))

    def all_settings(self) -> Iterator[Any]:
        for tree in all_trees():
            yield from (node.brushpass for node in style_nodes(tree))


_HOST = _NodeHost()


def register() -> None:
    owners.add_host(_HOST)


def unregister() -> None:
    owners.remove_host(_HOST)
