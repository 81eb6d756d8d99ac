"""Small pictures of styles and objects, loaded when they are first drawn."""

from __future__ import annotations

from pathlib import Path

import bpy
import bpy.utils.previews

from ..settings.styles import StyleEntry

__all__ = ["picture", "register", "thumbnail", "unregister"]

_previews: list[bpy.utils.previews.ImagePreviewCollection] = []


def thumbnail(style: StyleEntry | None) -> int:
    """The icon of a style's picture, 0 where it has none."""
    return picture(Path(style.thumbnail)) if style is not None and style.thumbnail else 0


def picture(path: Path | None) -> int:
    """The icon of a file, 0 where it is not there."""
    if path is None or not _previews:
        return 0
    previews, name = _previews[0], str(path)
    if name not in previews:
        if not path.is_file():
            return 0
        previews.load(name, name, "IMAGE")
    return previews[name].icon_id


def register() -> None:
    _previews.append(bpy.utils.previews.new())


def unregister() -> None:
    bpy.utils.previews.remove(_previews.pop())
