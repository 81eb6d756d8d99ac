"""Strips of the sequencer: their frames, the results above them, versions on disk."""

from __future__ import annotations

__all__ = ["register", "unregister"]


def register() -> None:
    """Called where the add-on is switched on."""
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

    strip_owner.register()
    record.register()
    scene_state.register()
    operators.register()
    playback_modifier.register()
    strip_landing.register()
    watch.register()
    style_strip.register()
    finding.register()


def unregister() -> None:
    """Called where it is switched off."""
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

    finding.unregister()
    style_strip.unregister()
    watch.unregister()
    strip_landing.unregister()
    playback_modifier.unregister()
    operators.unregister()
    scene_state.unregister()
    record.unregister()
    strip_owner.unregister()
