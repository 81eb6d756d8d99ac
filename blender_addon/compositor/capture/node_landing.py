"""Results of Style nodes: all of their frames, played back in the node or in its place once they are there."""

from __future__ import annotations

import bpy

from ...contract.errors import UsageError
from ...jobs import landing
from ...jobs.order import StripOrder
from ...jobs.progress import State
from ...jobs.work import Work
from ...sequencer.result_strip import relative
from ...settings.owner import Owner
from ..bridge.slots import passes_of
from ..style_node.node_owner import node_owner
from ..style_node.trees import style_nodes, style_trees
from ..style_node.wiring import mend
from .bake import bake
from .playback import show_frames

__all__ = ["find_node", "register", "unregister"]


def find_node(order: StripOrder) -> bpy.types.Node | None:
    """The node that bears an order's mark; undo may take a mark back: then the one that has its name, in its file.

    None where it is gone, or another file is open.
    """
    if bpy.data.filepath != order.blend:
        return None
    nodes = [node for tree in style_trees() for node in style_nodes(tree)]
    marked = [node for node in nodes if node.record.mark == order.mark]
    if marked:
        return marked[0]
    named = next((node for node in nodes if node.name == order.strip and not node.record.mark), None)
    if named is not None:
        named.record.mark = order.mark
    return named


class _NodeLanding:
    def serves(self, order: StripOrder) -> bool:
        return order.node is not None

    def owner(self, order: StripOrder) -> Owner | None:
        node = find_node(order)
        return None if node is None else node_owner(node)

    def ready(self, work: Work) -> bool:
        # Until all frames are there, those of before are a film that belongs together.
        return work.progress.state is State.DONE

    def place(self, work: Work) -> str:
        node, order = find_node(work.order), work.order
        assert node is not None
        assert order.node is not None
        record, output = node.record, order.recipe["output"]
        record.shelf = relative(work.shelf)
        record.version_pattern, record.version = order.version_pattern, order.version
        for part in passes_of(1):
            path = str(output.get("path" if part.part == "image" else part.part) or "")
            setattr(record, part.part, path.rpartition("/")[2])
        record.first, record.last = order.first, order.last
        if work.plate is not None:
            record.width, record.height = work.plate.width, work.plate.height
        record.digest, record.state = order.node.digest, order.state
        name = node.name
        try:
            if order.node.bake:
                bake(node.id_data, node)  # type: ignore[arg-type]
            else:
                show_frames(node.id_data, node)  # type: ignore[arg-type]
            mend()
        except RuntimeError as error:
            raise UsageError(
                f"the frames of {name!r} cannot be shown, {str(error).strip()}", remedy=f"see {work.folder}"
            ) from error
        return f"{'Bake' if order.node.bake else 'Capture'} {name}"

    def refresh(self, work: Work) -> None:
        """Frames are put in place all at once."""

    def finish(self, work: Work) -> None:
        """Nothing is left to be done."""


_LANDING = _NodeLanding()


def register() -> None:
    landing.add_landing(_LANDING)


def unregister() -> None:
    landing.remove_landing(_LANDING)
