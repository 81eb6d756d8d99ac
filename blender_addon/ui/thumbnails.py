"""Pictures of the styles, loaded when they are first drawn."""

from __future__ import annotations

from pathlib import Path

import bpy
import bpy.utils.previews

from ..settings.styles import StyleEntry

__all__ = ["register", "thumbnail", "unregister"]

_previews: list[bpy.utils.previews.ImagePreviewCollection] = []


def thumbnail(style: StyleEntry | None) -> int:
    """The icon of a style's picture, 0 where it has none."""
    if style is None or not style.thumbnail or not _previews:
        return 0
    previews = _previews[0]
    if style.thumbnail not in previews:
        if not Path(style.thumbnail).is_file():
            return 0
        previews.load(style.thumbnail, style.thumbnail, "IMAGE")
    return previews[style.thumbnail].icon_id


def register() -> None:
    _previews.append(bpy.utils.previews.new())


def unregister() -> None:
    bpy.utils.previews.remove(_previews.pop())
