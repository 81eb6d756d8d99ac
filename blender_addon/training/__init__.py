"""Styles learnt from pictures: what is to be learnt, on disk; the child that learns it; what the artist sees of it."""

from __future__ import annotations

__all__ = ["register", "unregister"]


def register() -> None:
    # Not at the head: orders and their child are used, and tested, without Blender.
    from . import operators

    operators.register()


def unregister() -> None:
    """End a training; it can be resumed."""
    from . import operators, watch

    watch.unregister()
    operators.unregister()
