"""One frame of a strip before the film is made: its plate, mattes and painting, and picking names in it."""

from __future__ import annotations

from . import automatic, eyedropper, files, operators, options, overlay

__all__ = ["register", "unregister"]

_MODULES = (options, operators, eyedropper, files, overlay, automatic)


def register() -> None:
    for module in _MODULES:
        module.register()


def unregister() -> None:
    for module in reversed(_MODULES):
        module.unregister()
