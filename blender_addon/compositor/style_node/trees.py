"""Style nodes, and the trees and scenes that they are in."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ... import compat
from .node_name import NODE_ID

__all__ = ["all_trees", "group_of", "linked_trees", "nested_style_node", "scenes_of", "style_nodes", "style_trees"]


def style_nodes(tree: bpy.types.NodeTree) -> list[bpy.types.Node]:
    """The Style nodes of a tree, not of groups within it."""
    return [node for node in tree.nodes if node.bl_idname == NODE_ID]


def all_trees() -> Iterator[bpy.types.NodeTree]:
    """Every tree of this file that a Style node may lie in, groups included."""
    yield from (tree for tree in _trees() if tree.library is None)


def linked_trees() -> Iterator[bpy.types.NodeTree]:
    """The same of other files."""
    yield from (tree for tree in _trees() if tree.library is not None)


def _trees() -> set[bpy.types.NodeTree]:
    found = {tree for tree in bpy.data.node_groups if tree.bl_idname == "CompositorNodeTree"}
    for scene in bpy.data.scenes:
        # In 4.5 the compositor of a scene is not among the groups.
        found |= set(filter(None, (compat.compositor_tree(scene), compat.idle_compositor_tree(scene))))
    return found


def style_trees() -> dict[bpy.types.NodeTree, list[bpy.types.Scene]]:
    """Every tree of this file that may have Style nodes, with the scenes that it composites."""
    found: dict[bpy.types.NodeTree, list[bpy.types.Scene]] = {}
    for scene in bpy.data.scenes:
        tree = compat.compositor_tree(scene)
        if tree is not None and tree.library is None:
            found.setdefault(tree, []).append(scene)
    for tree in bpy.data.node_groups:
        own = tree.bl_idname == "CompositorNodeTree" and tree.library is None
        if own and style_nodes(tree) and group_of(tree) is None:
            found.setdefault(tree, [])
    return found


def scenes_of(tree: bpy.types.NodeTree) -> list[bpy.types.Scene]:
    """The scenes that a tree composites."""
    return [scene for scene in bpy.data.scenes if compat.compositor_tree(scene) == tree]


def nested_style_node(tree: bpy.types.NodeTree) -> str | None:
    """Name of a group within ``tree`` that has a Style node, where there is one."""
    seen: set[bpy.types.NodeTree] = set()
    for group in _groups_in(tree, seen):
        if style_nodes(group):
            return group.name
    return None


def group_of(tree: bpy.types.NodeTree) -> str | None:
    """Why ``tree`` is a group, in a sentence; None where it may be a scene's compositor."""
    if not compat.may_composite(tree):
        return f"{tree.name!r} is a node group"
    if scenes_of(tree):
        return None
    composited = filter(None, map(compat.compositor_tree, bpy.data.scenes))
    users = [other for other in (*composited, *bpy.data.node_groups) if tree in _groups_in(other, set())]
    return f"{tree.name!r} is a group of {users[0].name!r}" if users else None


def _groups_in(tree: bpy.types.NodeTree, seen: set[bpy.types.NodeTree]) -> Iterator[bpy.types.NodeTree]:
    for node in tree.nodes:
        group = node.node_tree if node.bl_idname == "CompositorNodeGroup" else None
        if group is not None and group not in seen:
            seen.add(group)
            yield group
            yield from _groups_in(group, seen)
