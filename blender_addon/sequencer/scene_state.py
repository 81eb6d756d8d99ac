"""Names for the state of scenes: equal names mean that nothing was touched that a render of them shows.

Scenes cannot be compared, so edits are counted instead; settings, whose edits Blender
does not tell, are read. A count holds for this session and this file; a session that
edited nothing has the name of the file as it lies on disk.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .. import compat
from ..compositor.capture.playback import is_own
from ..compositor.capture.tree_state import name_or_files, tree_state
from .playback_modifier import is_playback
from .scene_settings import scene_settings
from .strips import walk

__all__ = ["edited_since", "register", "state_of", "state_of_scenes", "unregister"]

_loaded = ""
_session = ""
_edits = 0


def state_of(scene: bpy.types.Scene, strip: bpy.types.Strip) -> str:
    """The state of everything in ``strip`` that its digest cannot see."""
    return state_of_scenes(part.scene for part in walk(strip) if part.type == "SCENE" and part.scene is not None)


def state_of_scenes(asked: Iterable[bpy.types.Scene], *, composited: bool = True) -> str:
    """The state of scenes; where they are not ``composited``, without their compositor trees."""
    scenes = {scene.name: scene for scene in asked}
    if bpy.app.background:
        # Without windows nothing is evaluated, and no edit told, until someone asks. With them a scene is
        # edited where it is shown, and asking for one that is not would take its time.
        for target in scenes.values():
            for layer in target.view_layers:
                layer.update()
    edits = f"{_session}/{_edits}" if _edits else _loaded
    settings = [(scene_settings(scenes[name]), _composited(scenes[name], composited)) for name in sorted(scenes)]
    return f"{edits}/{hashlib.sha256(repr(settings).encode()).hexdigest()[:16]}"


def edited_since(state: str) -> bool:
    """Whether Blender told of edits since that state was named; one of an earlier session was the file's as it lies."""
    return _edits > 0 and not state.startswith(f"{_session}/{_edits}/")


def _composited(scene: bpy.types.Scene, counts: bool) -> str:
    """What the compositor makes of a scene's render."""
    tree = compat.compositor_tree(scene) if counts and scene.render.use_compositing else None
    return "" if tree is None else tree_state(tree, tree.nodes, name_or_files)


@persistent  # type: ignore[untyped-decorator]
def _edited(_scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    global _edits
    _edits += any(_is_seen(update) for update in depsgraph.updates)


def _is_seen(update: bpy.types.DepsgraphUpdate) -> bool:
    """Whether an update is an edit that a render may show, and no mere rebuilding of relations."""
    item: Any = update.id.original
    if is_playback(item) or is_own(item):
        return False
    if isinstance(item, (bpy.types.Scene, bpy.types.Collection)):
        return False  # What they hold is read.
    if isinstance(item, bpy.types.NodeTree) and item.bl_idname == "CompositorNodeTree":
        return False  # So are these, where they count.
    if isinstance(item, bpy.types.Object):
        # Rebuilding says that shading changed; what of it is the object's own is read.
        return update.is_updated_transform or update.is_updated_geometry
    if isinstance(item, bpy.types.Action):
        # Keys of strips and of their regions are their scene's.
        return all(scene.animation_data is None or scene.animation_data.action != item for scene in bpy.data.scenes)
    return True


@persistent  # type: ignore[untyped-decorator]
def _file_loaded(path: str = "") -> None:
    global _loaded
    _begin()
    try:
        status = os.stat(path)
        _loaded = f"{status.st_size}:{status.st_mtime_ns}"
    except OSError:
        _loaded = _session


def _begin() -> None:
    global _session, _loaded, _edits
    _edits = 0
    _session = _loaded = uuid.uuid4().hex


@persistent  # type: ignore[untyped-decorator]
def _turned_back(*_arguments: object) -> None:
    # What undo changes is not told.
    global _edits
    _edits += 1


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
