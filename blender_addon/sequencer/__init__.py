"""Strips of the sequencer: their settings, their frames, the results above them, versions on disk."""

from __future__ import annotations

from . import strip_owner

__all__ = ["register", "unregister"]


def register() -> None:
    strip_owner.register()


def unregister() -> None:
    strip_owner.unregister()
