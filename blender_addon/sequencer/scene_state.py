"""Names for the state of scenes: equal names mean that nothing was touched that a render of them shows.

Scenes cannot be compared, so edits are counted instead. A count holds for this
session and this file; a session that edited nothing has the name of the file as it lies
on disk.
"""

from __future__ import annotations

import os
import uuid
from collections import Counter

import bpy
from bpy.app.handlers import persistent

from .strips import walk

__all__ = ["register", "state_of", "unregister"]

_loaded = ""
_session = ""
_edits: Counter[str] = Counter()


def state_of(scene: bpy.types.Scene, strip: bpy.types.Strip) -> str:
    """The state of everything in ``strip`` that its digest cannot see.

    Data that is shared counts for all scenes; a scene's own settings for that scene.
    """
    for part in walk(strip):
        if part.type == "SCENE" and part.scene is not None:
            # Edits by scripts are noticed when the scene is next evaluated.
            for layer in part.scene.view_layers:
                layer.update()
    names = sorted({part.scene.name for part in walk(strip) if part.type == "SCENE" and part.scene is not None})
    counts = [_edits[""], *(_edits[name] for name in names)]
    return f"{_session}/{'.'.join(map(str, counts))}" if any(counts) else _loaded


@persistent
def _edited(_scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    for update in depsgraph.updates:
        for name in _shown_in(update.id.original):
            _edits[name] += 1


def _shown_in(item: bpy.types.ID) -> list[str]:
    """The scenes that alone may show an edit; an empty name stands for all."""
    if isinstance(item, bpy.types.Scene):
        return [item.name]
    if isinstance(item, bpy.types.Action):
        # Keys of strips and of their regions are a scene's.
        owners = [
            scene.name for scene in bpy.data.scenes if scene.animation_data and scene.animation_data.action == item
        ]
        return owners or [""]
    return [""]


@persistent
def _file_loaded(path: str = "") -> None:
    global _loaded
    _begin()
    try:
        status = os.stat(path)
        _loaded = f"{status.st_size}:{status.st_mtime_ns}"
    except OSError:
        _loaded = _session


def _begin() -> None:
    global _session, _loaded
    _edits.clear()
    _session = _loaded = uuid.uuid4().hex


@persistent
def _turned_back(*_arguments: object) -> None:
    # What undo changes is not told.
    _edits[""] += 1


_HANDLERS = (
    ("depsgraph_update_post", _edited),
    ("load_post", _file_loaded),
    ("undo_post", _turned_back),
    ("redo_post", _turned_back),
)


def register() -> None:
    _begin()
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
