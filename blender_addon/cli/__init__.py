"""``blender -b FILE --command brushpass …``: rendering, checking, recipes and strips for machines without a window."""

from __future__ import annotations

import bpy

from .command import run

__all__ = ["register", "unregister"]

_NAME = "brushpass"
_handles: list[object] = []


def register() -> None:
    _handles.append(bpy.utils.register_cli_command(_NAME, run))


def unregister() -> None:
    bpy.utils.unregister_cli_command(_handles.pop())
