"""Which Style nodes are stale, found out a moment after every change, so that drawing their faces costs nothing."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from .kept_frames import KeptFrame
from .rendering import rendering
from .restyle import stale_nodes

__all__ = ["look", "reason", "register", "unregister"]

_DELAY = 0.1
_CHANGES = ("depsgraph_update_post", "undo_post", "redo_post", "load_post")
_reasons: dict[tuple[str, str], str] = {}
_seen: dict[str, KeptFrame | None] = {}
"""The last render of each scene when it was looked at."""


def reason(scene: str, node: str) -> str:
    """Why a node's picture in the last render of a scene is not what it would make now; empty where it is."""
    if rendering.kept.find(scene) is not _seen.get(scene):
        # Blender tells of a render's end in the thread that renders, where no timer may be begun.
        _changed()
        return ""
    return _reasons.get((scene, node), "")


def look() -> None:
    """Find it out now, and have it drawn."""
    found = {}
    _seen.clear()
    for scene in bpy.data.scenes:
        _seen[scene.name] = rendering.kept.find(scene.name)
        found.update({(scene.name, node.node): reason for node, reason in stale_nodes(scene)})
    if found == _reasons:
        return
    _reasons.clear()
    _reasons.update(found)
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "NODE_EDITOR":
                area.tag_redraw()


@persistent  # type: ignore[untyped-decorator]
def _changed(*_arguments: object) -> None:
    # Many changes come together.
    if not bpy.app.timers.is_registered(look):
        bpy.app.timers.register(look, first_interval=_DELAY)


def register() -> None:
    if bpy.app.background:
        return
    for name in _CHANGES:
        getattr(bpy.app.handlers, name).append(_changed)


def unregister() -> None:
    for name in _CHANGES:
        handlers = getattr(bpy.app.handlers, name)
        if _changed in handlers:
            handlers.remove(_changed)
    if bpy.app.timers.is_registered(look):
        bpy.app.timers.unregister(look)
    _reasons.clear()
