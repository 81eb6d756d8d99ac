"""What the eyedropper of a Style node is over, drawn upon the render."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ...contract.errors import NstError
from ...preview.overlay import Texture, draw_picture, tinted
from .node_picking import NodePicking

__all__ = ["redraw", "register", "show", "unregister"]


@dataclass
class _Shown:
    picking: NodePicking | None = None


_shown = _Shown()
_texture = Texture()
_handlers: list[tuple[type[bpy.types.Space], object]] = []


def show(picking: NodePicking | None) -> None:
    """From now on, what this finds; None ends it."""
    _shown.picking = picking
    redraw()


def redraw() -> None:
    """Draw the editors anew that may show it."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("NODE_EDITOR", "IMAGE_EDITOR"):
                area.tag_redraw()


def _draw() -> None:
    context, picking = bpy.context, _shown.picking
    found = picking.matte if picking is not None else None
    if picking is None or found is None or context.area is None or context.region is None:
        _texture.key = _texture.texture = None
        return
    try:
        shown = picking.shown_in(context.area)
    except NstError:
        # The operator tells.
        return
    if shown is None:
        return
    key, matte = found
    draw_picture(_texture, key, None if _texture.key == key else tinted(matte), shown, blend="ALPHA")


def register() -> None:
    if not bpy.app.background:
        for space in (bpy.types.SpaceNodeEditor, bpy.types.SpaceImageEditor):
            _handlers.append((space, space.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")))


def unregister() -> None:
    while _handlers:
        space, handler = _handlers.pop()
        space.draw_handler_remove(handler, "WINDOW")
    _shown.picking = None
    _texture.key = _texture.texture = None
