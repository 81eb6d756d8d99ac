"""What an artist sets, kept on strips and nodes; recipes, keyframes and presets of it.

Knows nothing of the sequencer or the compositor: see :mod:`.owner`.
"""

from __future__ import annotations

from . import appended, earlier, groups, renames

__all__ = ["register", "unregister"]


def register() -> None:
    groups.register()
    renames.register()
    appended.register()
    earlier.register()


def unregister() -> None:
    earlier.unregister()
    appended.unregister()
    renames.unregister()
    groups.unregister()
