"""Strips of the sequencer: their frames, the results above them, versions on disk."""

from __future__ import annotations

__all__ = ["register", "unregister"]


def register() -> None:
    """Called where the add-on is switched on."""
    # Not at the head: the isolating Blender imports this room and registers nothing.
    from . import operators, record, strip_owner

    strip_owner.register()
    record.register()
    operators.register()


def unregister() -> None:
    """Called where it is switched off."""
    from . import operators, record, strip_owner

    operators.unregister()
    record.unregister()
    strip_owner.unregister()
