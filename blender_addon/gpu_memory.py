"""The backend's models leave the graphics card before Blender renders on it.

They come back with the next request, which takes seconds; a render that finds no room fails.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from .session import session

__all__ = ["register", "unregister"]

_PATIENCE = 2.0
"""Seconds that a render waits for it; freeing takes a tenth of one."""


@persistent  # type: ignore[untyped-decorator]
def _make_room(scene: bpy.types.Scene, *_: object) -> None:
    client = session().client
    # What works at the moment needs its models, and answers when it is done.
    if client.state == "ready" and not client.busy and _on_the_card(scene):
        ticket = client.release()
        if ticket is not None:
            ticket.wait(_PATIENCE)


def _on_the_card(scene: bpy.types.Scene) -> bool:
    """Whether the scene's engine renders there; all but Cycles do."""
    # Engines are registered while Blender runs: their names are plain text.
    engine = str(scene.render.engine)
    return engine != "CYCLES" or scene.cycles.device == "GPU"


def register() -> None:
    bpy.app.handlers.render_init.append(_make_room)


def unregister() -> None:
    bpy.app.handlers.render_init.remove(_make_room)
