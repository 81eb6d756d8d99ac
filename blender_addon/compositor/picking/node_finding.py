"""Find Objects for Style nodes that capture what is linked to them."""

from __future__ import annotations

from typing import Any

import bpy

from ...contract.errors import UsageError
from ...contract.frames import FrameRange
from ...jobs.order import FindOrder
from ...sequencer.ordering import capture_command
from ...sequencer.searching import Asked, WorkFinder
from ...settings import finder
from ...settings.found_objects import looked_at
from ...settings.owner import Owner
from ..capture.node_record import CAPTURE
from ..capture.ordering import find_order
from ..capture.recipe import capture_scene
from ..style_node.node_owner import node_of
from ..style_node.trees import scenes_of

__all__ = ["register", "unregister"]


class _NodeFinder(WorkFinder):
    def serves(self, owner: Owner) -> bool:
        return isinstance(owner.id, bpy.types.NodeTree)

    def timeline(self, owner: Owner, number: int) -> int:
        return number

    def ask(self, owner: Owner, model: str) -> Asked:
        node = _node(owner)
        if node.mode != CAPTURE:
            raise UsageError(
                f"{node.name!r} sees one frame at a time while it renders, and objects are followed through all",
                remedy="set its mode to Capture",
            )
        return Asked(*find_order(node, model), capture_command)

    def is_about(self, owner: Owner, order: FindOrder) -> bool:
        node = node_of(owner)
        return node is not None and bool(node.record.mark) and order.mark == node.record.mark

    def shown(self, owner: Owner) -> tuple[object, ...]:
        return tuple((scene.frame_start, scene.frame_end) for scene in scenes_of(_node(owner).id_data))  # type: ignore[arg-type]

    def changed(self, owner: Owner, found: Any) -> str:
        try:
            scene = capture_scene(_node(owner))
        except UsageError as fault:
            return fault.problem
        missing = set(range(scene.frame_start, scene.frame_end + 1)) - looked_at(found)
        return f"the scene has frames that were not looked at, {FrameRange.of(missing)}" if missing else ""


def _node(owner: Owner) -> bpy.types.Node:
    node = node_of(owner)
    if node is None:
        raise UsageError(f"the node {owner.label!r} is gone", remedy="select another node")
    return node


_FINDER = _NodeFinder()


def register() -> None:
    finder.add_finder(_FINDER)


def unregister() -> None:
    finder.remove_finder(_FINDER)
