"""Names for the state of scenes: equal names mean that nothing was touched that a render of them shows.

Scenes cannot be compared, so edits are counted instead; render settings, whose edits
Blender does not tell, are read. A count holds for this
session and this file; a session that edited nothing has the name of the file as it lies
on disk.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections import Counter

import bpy
from bpy.app.handlers import persistent

from .strips import walk

__all__ = ["register", "state_of", "unregister"]

_NOT_SEEN = frozenset({"filepath", "name", "use_lock_interface", "threads", "threads_mode"})
_loaded = ""
_session = ""
_edits: Counter[str] = Counter()


def state_of(scene: bpy.types.Scene, strip: bpy.types.Strip) -> str:
    """The state of everything in ``strip`` that its digest cannot see.

    Data that is shared counts for all scenes; a scene's own settings for that scene.
    """
    scenes = {part.scene.name: part.scene for part in walk(strip) if part.type == "SCENE" and part.scene is not None}
    for target in scenes.values():
        # Edits by scripts are noticed when the scene is next evaluated.
        for layer in target.view_layers:
            layer.update()
    counts = [_edits[""], *(_edits[name] for name in sorted(scenes))]
    edits = f"{_session}/{'.'.join(map(str, counts))}" if any(counts) else _loaded
    settings = [_settings(scenes[name]) for name in sorted(scenes)]
    return f"{edits}/{hashlib.sha256(repr(settings).encode()).hexdigest()[:16]}"


def _settings(scene: bpy.types.Scene) -> list[object]:
    """What a scene is rendered with."""
    groups: list[object] = [scene.render, scene.view_settings, scene.eevee, getattr(scene, "cycles", None)]
    for layer in scene.view_layers:
        groups += [layer, layer.eevee, getattr(layer, "cycles", None)]
    found: list[object] = [scene.world and scene.world.name, scene.camera and scene.camera.name]
    for group in groups:
        if isinstance(group, bpy.types.bpy_struct):
            found += [
                (name, str(getattr(group, name)))
                for name, definition in group.bl_rna.properties.items()
                if definition.type in ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
                and not (definition.is_readonly or definition.is_deprecated or getattr(definition, "is_array", False))
                and name not in _NOT_SEEN
            ]
    return found


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
