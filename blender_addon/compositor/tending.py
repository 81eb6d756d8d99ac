"""When Style nodes are put right: after every change of the file, before it is saved or rendered, once it is open.

Pasting, duplicating and deleting nodes, new mattes and other scenes leave slots, links and passes to be changed;
Blender tells a node of none of it at a moment when its tree may be written.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ..file_access import may_write
from .wiring import mend

__all__ = ["register", "unregister"]


def _tend() -> None:
    if may_write():
        mend()


@persistent  # type: ignore[untyped-decorator]
def _now(*_arguments: object) -> None:
    _tend()


@persistent  # type: ignore[untyped-decorator]
def _soon(*_arguments: object) -> None:
    # The change is still being evaluated, drawn and pushed as a step of undo: Blender may crash where it is
    # given new nodes and scenes now. Without windows no timer runs, and nothing needs it before a save or a render.
    if not bpy.app.background and not bpy.app.timers.is_registered(_tend):
        bpy.app.timers.register(_tend, first_interval=0.0)


_NOW = ("load_post", "save_pre", "render_init")
_SOON = ("depsgraph_update_post", "undo_post", "redo_post")


def register() -> None:
    for name in _NOW:
        getattr(bpy.app.handlers, name).append(_now)
    for name in _SOON:
        getattr(bpy.app.handlers, name).append(_soon)


def unregister() -> None:
    for name in _NOW:
        getattr(bpy.app.handlers, name).remove(_now)
    for name in _SOON:
        getattr(bpy.app.handlers, name).remove(_soon)
    if bpy.app.timers.is_registered(_tend):
        bpy.app.timers.unregister(_tend)
