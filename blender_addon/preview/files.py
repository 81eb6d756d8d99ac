"""What other files and undo mean for the preview."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from . import previews

__all__ = ["register", "unregister"]


@persistent  # type: ignore[untyped-decorator]
def _file_loaded(_path: str = "") -> None:
    previews.clear()


@persistent  # type: ignore[untyped-decorator]
def _turned_back(*_arguments: object) -> None:
    # Undo gives the image the pixels that it had then.
    previews.step(anew=True)


_HANDLERS = (("load_post", _file_loaded), ("undo_post", _turned_back), ("redo_post", _turned_back))


def register() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    previews.end()
