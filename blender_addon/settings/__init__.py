"""What an artist sets, kept on strips and nodes; recipes, keyframes and presets of it.

Knows nothing of the sequencer or the compositor: see :mod:`.owner`.
"""

from __future__ import annotations

from . import appended, groups, renames

__all__ = ["register", "unregister"]


def register() -> None:
    groups.register()
    renames.register()
    appended.register()


def unregister() -> None:
    appended.unregister()
    renames.unregister()
    groups.unregister()
