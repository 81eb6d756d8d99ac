"""What became of a job or a check, in Blender's status bar, for those who look elsewhere than at the panel."""

from __future__ import annotations

import bpy

from ..jobs.progress import State
from ..jobs.queue import AnyWork
from ..sequencer.watch import listeners

__all__ = ["register", "tell", "unregister"]

_SECONDS = 10.0


def tell(text: str) -> None:
    """Say something for a while. Main thread."""
    if bpy.app.background:
        return
    _say(text)
    if bpy.app.timers.is_registered(_fall_silent):
        bpy.app.timers.unregister(_fall_silent)
    bpy.app.timers.register(_fall_silent, first_interval=_SECONDS, persistent=True)


def _hear(work: AnyWork) -> None:
    if work.progress.state is State.CANCELLED:
        tell(f"{work.order.strip}: {work.cancelled_in_words()}")


def _fall_silent() -> None:
    _say(None)


def _say(text: str | None) -> None:
    # A timer has no window of its own.
    for window in bpy.context.window_manager.windows:
        with bpy.context.temp_override(window=window):
            window.workspace.status_text_set(text)


def register() -> None:
    listeners.append(_hear)


def unregister() -> None:
    listeners.remove(_hear)
    if bpy.app.timers.is_registered(_fall_silent):
        bpy.app.timers.unregister(_fall_silent)
        _fall_silent()
