"""Strips of the sequencer: their frames, the results above them, versions on disk."""

from __future__ import annotations

from types import ModuleType

__all__ = ["register", "unregister"]


def register() -> None:
    """Called where the add-on is switched on."""
    for part in _parts():
        part.register()


def unregister() -> None:
    """Called where it is switched off."""
    for part in reversed(_parts()):
        part.unregister()


def _parts() -> tuple[ModuleType, ...]:
    # Not at the head: the isolating Blender imports this room and registers nothing.
    from . import (
        finding,
        operators,
        playback_modifier,
        record,
        scene_state,
        strip_landing,
        strip_owner,
        style_strip,
        watch,
    )

    return (
        strip_owner,
        record,
        scene_state,
        operators,
        playback_modifier,
        strip_landing,
        watch,
        style_strip,
        finding,
    )
