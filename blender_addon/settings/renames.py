"""Names in mattes follow objects and materials that are renamed: on every change, undone or not, and before a render.

Nothing of it is in the file: what a name means is known while Blender runs, from when the name is
seen while a data-block has it.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ..file_access import may_write
from . import data_names
from .matte_names import names_in, rename_in
from .name_memory import Moment, NameList
from .owner import all_settings

__all__ = ["follow_renames", "register", "unregister"]

_waiting: list[Moment] = []


def follow_renames(moment: Moment = Moment.EDIT) -> None:
    """Rename in all mattes of the file; main thread. Put off while Blender renders."""
    if not may_write():
        if moment is not Moment.EDIT:
            _waiting[:] = [moment]
        return
    if moment is Moment.EDIT and _waiting:
        moment = _waiting.pop()
    mattes: list[list[bpy.types.PropertyGroup]] = []
    lists: list[NameList] = []
    for settings in all_settings():
        own = [region.matte for region in settings.regions]
        names = tuple(name for matte in own for name in names_in(matte))
        if names:
            mattes.append(own)
            lists.append(NameList(settings.id_data.session_uid, names))
    for own, at, now in zip(mattes, lists, data_names.follow(lists, moment), strict=True):
        if now != at:
            exchanged = iter(now.names)
            for matte in own:
                rename_in(matte, exchanged)


@persistent  # type: ignore[untyped-decorator]
def _changed(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    updated = depsgraph.id_type_updated
    # What is renamed, and what has mattes.
    if updated("OBJECT") or updated("MATERIAL") or updated("SCENE") or updated("NODETREE"):
        follow_renames()


@persistent  # type: ignore[untyped-decorator]
def _before(*_arguments: object) -> None:
    follow_renames()


@persistent  # type: ignore[untyped-decorator]
def _undone(*_arguments: object) -> None:
    follow_renames(Moment.UNDO)


@persistent  # type: ignore[untyped-decorator]
def _redone(*_arguments: object) -> None:
    follow_renames(Moment.REDO)


@persistent  # type: ignore[untyped-decorator]
def _opened(*_arguments: object) -> None:
    data_names.forget()
    _waiting.clear()
    follow_renames()


_HANDLERS = {
    "depsgraph_update_post": _changed,
    "undo_post": _undone,
    "redo_post": _redone,
    "render_init": _before,
    "save_pre": _before,
    "load_post": _opened,
}


def register() -> None:
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
    data_names.forget()
    _waiting.clear()
