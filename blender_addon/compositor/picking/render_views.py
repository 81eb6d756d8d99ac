"""Editors that show what comes out of a compositor: the backdrop behind its nodes, and Image Editors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from ...preview.pointer import is_over
from ...preview.shown_render import Rectangle, Size, in_backdrop, in_view, picture_size
from ..bridge.frame_shape import FrameShape

__all__ = ["RenderView", "render_views", "view_of", "view_under"]

_SHOWN = ("RENDER_RESULT", "COMPOSITING")
_VIEWER = "Viewer Node"


@dataclass(frozen=True)
class RenderView:
    """One of them."""

    area: bpy.types.Area
    region: bpy.types.Region
    image: bpy.types.Image

    @property
    def render_slot(self) -> int | None:
        """The slot of the Render Result that is shown; None for a viewer's picture."""
        return self.image.render_slots.active_index if self.image.type == "RENDER_RESULT" else None

    def picture_size(self, shape: FrameShape, passes: Size) -> Size:
        """The size of the picture; Blender does not tell that of the Render Result of a frame of ``passes``."""
        if self.image.type == "RENDER_RESULT":
            return picture_size(shape, passes)
        size: Any = self.image.size
        return int(size[0]), int(size[1])

    def place(self, shape: FrameShape, passes: Size) -> Rectangle:
        """Where the picture lies in the region."""
        size, space = (self.region.width, self.region.height), self.area.spaces.active
        if space.type == "NODE_EDITOR":
            offset: Any = space.backdrop_offset
            picture = self.picture_size(shape, passes)
            return in_backdrop(size, picture, space.backdrop_zoom, (float(offset[0]), float(offset[1])))
        view: Any = self.region.view2d
        low, high = view.region_to_view(0, 0), view.region_to_view(*size)
        return in_view(size, (float(low[0]), float(low[1])), (float(high[0]), float(high[1])))


def view_of(area: bpy.types.Area, tree: bpy.types.NodeTree) -> RenderView | None:
    """What an area shows of the compositor ``tree``; None for any other area."""
    space = area.spaces.active
    image: bpy.types.Image | None = None
    if area.type == "NODE_EDITOR" and space.node_tree == tree and space.show_backdrop:
        image = bpy.data.images.get(_VIEWER)
    elif area.type == "IMAGE_EDITOR" and space.image is not None and space.image.type in _SHOWN:
        image = space.image
    region = next((region for region in area.regions if region.type == "WINDOW"), None)
    return None if image is None or region is None else RenderView(area, region, image)


def render_views(window: bpy.types.Window, tree: bpy.types.NodeTree) -> Iterator[RenderView]:
    """All of a window."""
    yield from filter(None, (view_of(area, tree) for area in window.screen.areas))


def view_under(window: bpy.types.Window, tree: bpy.types.NodeTree, x: int, y: int) -> RenderView | None:
    """The one under a window's pixel."""
    return next((view for view in render_views(window, tree) if is_over(view.area, view.region, x, y)), None)
