"""Strips: their settings, their frames on disk, and the styled strip above them."""

from __future__ import annotations

from . import strip_owner

__all__ = ["register", "unregister"]


def register() -> None:
    strip_owner.register()


def unregister() -> None:
    strip_owner.unregister()
