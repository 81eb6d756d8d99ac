"""Files that an earlier version saved: what it kept without showing it comes into the properties as they are opened.

Linked files are not written: there it is read from where it lies.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ..file_access import may_write
from .optimised import adopt
from .owner import all_settings

__all__ = ["register", "unregister"]


def _adopt() -> None:
    for settings in all_settings() if may_write() else ():
        for region in settings.regions:
            adopt(region)


@persistent  # type: ignore[untyped-decorator]
def _opened(*_arguments: object) -> None:
    _adopt()


_HANDLERS = ("load_post", "blend_import_post")


def register() -> None:
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).append(_opened)
    # For the file that is open while the extension is updated; its owners are announced later.
    bpy.app.timers.register(_adopt, first_interval=0.0)


def unregister() -> None:
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(_opened)
    if bpy.app.timers.is_registered(_adopt):
        bpy.app.timers.unregister(_adopt)
