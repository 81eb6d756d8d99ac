"""Brushpass in Blender: neural style by region for strips and the compositor.

Registration only. Opening a file or switching the add-on on starts no process and
touches no network.
"""

from __future__ import annotations

from . import (
    cli,
    compositor,
    gpu_memory,
    preferences,
    preferences_operators,
    preview,
    sequencer,
    settings,
    training,
    ui,
)

__all__ = ["register", "unregister"]

# In this order; each has register() and unregister().
_ROOMS = (preferences, preferences_operators, gpu_memory, settings, sequencer, preview, compositor, training, ui, cli)


def register() -> None:
    """Called by Blender when the add-on is switched on."""
    for room in _ROOMS:
        room.register()


def unregister() -> None:
    """Called by Blender when it is switched off; leaves nothing behind."""
    for room in reversed(_ROOMS):
        room.unregister()
