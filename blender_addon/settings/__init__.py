"""What an artist sets, kept on strips and nodes; recipes, keyframes and presets of it.

Knows nothing of the sequencer or the compositor: see :mod:`.owner`.
"""

from __future__ import annotations

from . import groups, renames

__all__ = ["register", "unregister"]


def register() -> None:
    groups.register()
    renames.register()


def unregister() -> None:
    renames.unregister()
    groups.unregister()
