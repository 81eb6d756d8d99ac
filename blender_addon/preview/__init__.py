"""One frame of a strip before the film is made: its plate, mattes and painting, and picking names in it."""

from __future__ import annotations

__all__ = ["register", "unregister"]


def register() -> None:
    """Called where the add-on is switched on."""
    # Not at the head: what needs no Blender is read without it.
    from . import automatic, eyedropper, files, operators, options, overlay

    options.register()
    operators.register()
    eyedropper.register()
    files.register()
    overlay.register()
    automatic.register()


def unregister() -> None:
    """Called where it is switched off."""
    from . import automatic, eyedropper, files, operators, options, overlay

    automatic.unregister()
    overlay.unregister()
    files.unregister()
    eyedropper.unregister()
    operators.unregister()
    options.unregister()
