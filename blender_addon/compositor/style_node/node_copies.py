"""What two nodes must not have in common: the mark that names their folder, frames that are played back, keyframes.

Duplicated, pasted and appended nodes bring it along, as those of a copied scene or tree do.
Blender tells a Style node that it is a copy, and an Image node nothing; animation cannot be written at that moment.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence

import bpy

from ... import compat
from ...settings.animation import copy_region_curves, owners_curves
from ...settings.channelbags import fcurves
from ...settings.paths import folder_of_library, rebase
from ..bridge.slots import passes_of
from ..capture.bake import is_baked, parked_path
from ..capture.node_record import new_mark
from ..capture.playback import BAKED_KEY, FRAMES_KEY
from .node_name import NODE_ID
from .node_owner import node_owner
from .trees import all_trees, linked_trees, style_nodes

__all__ = ["forget_foreign", "remember_foreign", "renew_marks", "tend_copies"]

_foreign: dict[str, str] = {}
"""Marks of nodes in libraries, and the folders of these; one that is made local has to have another, and its paths."""


def forget_foreign() -> None:
    """Another file is open."""
    _foreign.clear()


def remember_foreign() -> None:
    """Know the nodes of libraries again once they are this file's."""
    if not bpy.data.libraries:
        return
    local = {mark for tree in all_trees() for mark in _marks(tree)}
    for tree in linked_trees():
        assert tree.library is not None
        for own in _marks(tree) - local:
            _foreign[own] = folder_of_library(tree.library)


def tend_copies(trees: Sequence[bpy.types.NodeTree]) -> None:
    """Give copies in ``trees`` marks, frames and keyframes of their own."""
    remember_foreign()
    taken = set(_foreign)
    for tree in trees:
        _part_frames(tree)
        for node in style_nodes(tree):
            folder = _foreign.get(node.copied_from or node.record.mark)
            if folder is not None:
                rebase(node.record, folder)
                rebase(node.brushpass, folder)
        renew_marks(tree, taken)
        taken |= _marks(tree)
    _hand_out_curves([node for tree in trees for node in style_nodes(tree)])


def renew_marks(tree: bpy.types.NodeTree, taken: Collection[str] | None = None) -> None:
    """Give the nodes of a tree new marks in place of those that are ``taken``, or of all."""
    renewed: dict[str, str] = {}
    seen: set[str] = set()
    for node in style_nodes(tree):
        own = node.record.mark
        if own in seen:
            node.record.mark = new_mark()
        elif own and (taken is None or own in taken):
            renewed[own] = node.record.mark = new_mark()
        seen.add(own)
    for own in _marks_of_bakes(tree) - seen:
        if taken is None or own in taken:
            renewed[own] = new_mark()
    for frames in _frames(tree):
        own, part = _key(frames)
        if own in renewed:
            before = parked_path(frames)
            _rename(frames, renewed[own], part)
            if is_baked(frames):
                _copy_parked_curves(before, frames)


def _part_frames(tree: bpy.types.NodeTree) -> None:
    """Tell copied Image nodes from those that they are copies of."""
    seen: Counter[tuple[str, str]] = Counter()
    copies: dict[tuple[str, int], list[bpy.types.Node]] = {}
    bakes: dict[str, bpy.types.Node] = {}
    for frames in _frames(tree):
        own, part = _key(frames)
        reader = _reader(frames)
        if reader is not None and reader.record.mark not in ("", own):
            _rename(frames, reader.record.mark, part)
            continue
        if is_baked(frames):
            bakes.setdefault(own, frames)
        if seen[own, part]:
            copies.setdefault((own, seen[own, part]), []).append(frames)
        seen[own, part] += 1
    for (own, _), nodes in copies.items():
        picture = next(filter(is_baked, nodes), None)
        if picture is not None:
            before = parked_path(bakes[own])
            fresh = new_mark()
            for node in nodes:
                _rename(node, fresh, _key(node)[1])
            _copy_parked_curves(before, picture)
        else:
            for node in nodes:
                # A picture like any other.
                del node[FRAMES_KEY]


def _rename(frames: bpy.types.Node, own: str, part: str) -> None:
    frames[FRAMES_KEY] = f"{own}/{part}"
    try:
        held = json.loads(frames[BAKED_KEY])
        held["record"]["mark"] = own
    except (KeyError, ValueError, TypeError):
        return
    frames[BAKED_KEY] = json.dumps(held)


def _reader(frames: bpy.types.Node) -> bpy.types.Node | None:
    """The Style node that plays the frames."""
    entrances = {part.entrance for part in passes_of(1)}
    links = [link for socket in frames.outputs for link in socket.links or ()]
    readers = (link.to_node for link in links if link.to_socket is not None and link.to_socket.name in entrances)
    return next((node for node in readers if node is not None and node.bl_idname == NODE_ID), None)


def _hand_out_curves(nodes: Sequence[bpy.types.Node]) -> None:
    marked = {node.record.mark: node for node in nodes}
    for node in nodes:
        if node.copied_from:
            source = marked.get(node.copied_from)
            node.copied_from = ""
            if source is not None:
                _copy_curves(source, node)


def _copy_parked_curves(before: str, picture: bpy.types.Node) -> None:
    after = parked_path(picture)
    tree = picture.id_data
    assert tree is not None
    own = fcurves(tree)
    if own is None or _is_foreign(tree):
        return
    for curve in [curve for curve in own if curve.data_path.startswith(f"{before}.")]:
        path = after + curve.data_path[len(before) :]
        if own.find(path) is None:
            compat.copy_fcurve(curve, own, path)


def _is_foreign(data: bpy.types.ID) -> bool:
    """Whether what animates ``data`` is another file's."""
    animation = data.animation_data
    return animation is not None and animation.action is not None and animation.action.library is not None


def _copy_curves(source: bpy.types.Node, node: bpy.types.Node) -> None:
    before, owner = node_owner(source), node_owner(node)
    # A tree is copied with its animation.
    if _is_foreign(owner.id) or any(owners_curves(owner)):
        return
    for region in range(min(len(source.brushpass.regions), len(node.brushpass.regions))):
        copy_region_curves(before, region, owner, region)


def _frames(tree: bpy.types.NodeTree) -> list[bpy.types.Node]:
    return [node for node in tree.nodes if isinstance(node.get(FRAMES_KEY), str)]


def _key(frames: bpy.types.Node) -> tuple[str, str]:
    """The mark and the part that an Image node shows."""
    own, _, part = frames[FRAMES_KEY].partition("/")
    return own, part


def _marks(tree: bpy.types.NodeTree) -> set[str]:
    return ({node.record.mark for node in style_nodes(tree)} | _marks_of_bakes(tree)) - {""}


def _marks_of_bakes(tree: bpy.types.NodeTree) -> set[str]:
    return {_key(node)[0] for node in _frames(tree) if is_baked(node)}
