"""What an artist points into for a Style node: the passes of the last render, or the plate that a node captured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ...contract.errors import UsageError
from ...preview.shown_render import ShownRender, shown_render
from ...sequencer.finished_plate import plate_holding
from ...sequencer.plan import Plate
from ...sequencer.versions import PLATE_FOLDER
from ..bridge.frame_shape import FrameShape, read_shape
from ..bridge.rendering import rendering
from ..capture.node_record import CAPTURE
from ..capture.ordering import shelf_of
from ..style_node.upstream import find_source
from .render_views import RenderView

__all__ = ["NodePlate", "node_plate"]

_SINGLE = 1
"""The number of a frame that is one file."""


@dataclass(frozen=True, kw_only=True)
class NodePlate:
    """A frame on disk, and how it is to be recognised where it is shown."""

    folder: Path
    plate: Plate
    number: int
    shape: FrameShape
    render_slot: int | None
    """The slot of Blender's Render Result that shows it; None for a frame that was not rendered just now."""

    def shown_in(self, view: RenderView) -> ShownRender | None:
        """Where a view shows it; None where that shows another picture."""
        if view.render_slot is not None and view.render_slot != self.render_slot:
            return None
        size = self.plate.width, self.plate.height
        return shown_render(view.place(self.shape, size), view.picture_size(self.shape, size), size, self.shape)


def node_plate(node: bpy.types.Node, scene: bpy.types.Scene) -> NodePlate:
    """The frame that is shown of what a Style node reads.

    Raises :class:`UsageError` with what to do where there is none.
    """
    if node.mode == CAPTURE:
        return _captured(node, scene)
    kept = rendering.kept.find(scene.name)
    if kept is None:
        raise UsageError("there is no render to pick in", remedy="render the frame first (F12)")
    width, height = kept.size
    plate = Plate(
        pattern=kept.plate.name,
        picture=kept.plate.name,
        first=_SINGLE,
        last=_SINGLE,
        width=width,
        height=height,
        encoding="passes",
        layer=find_source(node, scene).layer,
    )
    return NodePlate(
        folder=kept.plate.parent, plate=plate, number=_SINGLE, shape=kept.plan.shape, render_slot=kept.render_slot
    )


def _captured(node: bpy.types.Node, scene: bpy.types.Scene) -> NodePlate:
    shelf, frame = shelf_of(node), scene.frame_current
    folder = shelf / PLATE_FOLDER if shelf is not None else None
    plate = plate_holding(folder, frame) if folder is not None else None
    if folder is None or plate is None:
        raise UsageError(f"the frame {frame} of {node.name!r} was not captured yet", remedy="use Capture and Style")
    return NodePlate(folder=folder, plate=plate, number=frame, shape=read_shape(scene), render_slot=None)
