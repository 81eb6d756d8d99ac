"""Which Style nodes are stale, found out a moment after their faces were drawn, so that drawing costs nothing.

Whatever changes settings in the interface, undo too, has the node editors drawn anew.
"""

from __future__ import annotations

import time

import bpy

from .repainting import stale_nodes

__all__ = ["look", "reason", "redraw", "stop"]

_DELAY = 0.1
_REST = 5.0
"""Times what looking took: many nodes with many keys take tenths of a second, and faces are drawn all the time."""
_delay = _DELAY
_reasons: dict[tuple[str, str], str] = {}


def reason(scene: str, node: str) -> str:
    """Why a node's picture in the last render of a scene is not what it would make now; empty where it is."""
    if not bpy.app.timers.is_registered(look):
        bpy.app.timers.register(look, first_interval=_delay)
    return _reasons.get((scene, node), "")


def look() -> None:
    """Find it out now, and have it drawn where it has changed."""
    global _delay
    started = time.perf_counter()
    found = {(scene.name, node.node): reason for scene in bpy.data.scenes for node, reason in stale_nodes(scene)}
    _delay = max(_DELAY, _REST * (time.perf_counter() - started))
    if found == _reasons:
        return
    _reasons.clear()
    _reasons.update(found)
    redraw()


def redraw() -> None:
    """Have the faces of nodes drawn, and their settings in the side panel."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "NODE_EDITOR":
                area.tag_redraw()


def stop() -> None:
    """For the end of the add-on."""
    if bpy.app.timers.is_registered(look):
        bpy.app.timers.unregister(look)
    _reasons.clear()
