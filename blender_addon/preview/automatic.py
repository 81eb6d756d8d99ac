"""A new preview when what it shows has changed, once the artist's hand rests."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import bpy
from bpy.app.handlers import persistent

from ..contract.errors import NstError
from . import previews

__all__ = ["look_soon", "register", "unregister"]

_REST = 0.4
"""Seconds without a change."""
_TICK = 0.1


@dataclass
class _Watch:
    """When something changed last."""

    changed: float = 0.0


_watch = _Watch()


def look_soon() -> None:
    """See, when nothing has changed for a moment, whether the preview is still of what there is."""
    if bpy.app.background or not bpy.context.window_manager.brushpass_preview.automatic:
        return
    _watch.changed = time.monotonic()
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=_REST)


def _tick() -> float | None:
    if not bpy.context.window_manager.brushpass_preview.automatic:
        return None
    if any(window.screen.is_animation_playing for window in bpy.context.window_manager.windows):
        return _REST
    if time.monotonic() - _watch.changed < _REST:
        return _TICK
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window), contextlib.suppress(NstError):
        previews.request(*previews.target(bpy.context), unless_same=True)
    return None


@persistent  # type: ignore[untyped-decorator]
def _changed(*_arguments: object) -> None:
    look_soon()


_HANDLERS = ("depsgraph_update_post", "frame_change_post", "undo_post", "redo_post")


def register() -> None:
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).append(_changed)


def unregister() -> None:
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(_changed)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
