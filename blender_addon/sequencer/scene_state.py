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
from ..compositor.playback import is_own
from ..compositor.tree_state import tree_state
from .playback_modifier import is_playback
from .strips import walk

__all__ = ["register", "state_of", "state_of_scenes", "unregister"]

_NOT_SEEN = frozenset(
    {"filepath", "name", "use_lock_interface", "threads", "threads_mode", "use_render_cache", "use_overwrite"}
    | {"use_placeholder", "brushpass_passes", "brushpass_cached"}
)
_OF_OBJECTS = ("name", "hide_render", "pass_index", "is_holdout", "is_shadow_catcher", "visible_camera")
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
    settings = [(_settings(scenes[name]), _composited(scenes[name], composited)) for name in sorted(scenes)]
    return f"{edits}/{hashlib.sha256(repr(settings).encode()).hexdigest()[:16]}"


def _settings(scene: bpy.types.Scene) -> list[object]:
    """What a scene is rendered with, and what of."""
    groups: list[object] = [scene.render, scene.view_settings, scene.eevee, getattr(scene, "cycles", None)]
    for layer in scene.view_layers:
        groups += [layer, layer.eevee, getattr(layer, "cycles", None)]
    found: list[object] = [scene.world and scene.world.name, scene.camera and scene.camera.name]
    found += [[getattr(item, name) for name in _OF_OBJECTS] for item in scene.objects]
    found += [slot.material and slot.material.name for item in scene.objects for slot in item.material_slots]
    found += [(marker.frame, marker.camera and marker.camera.name) for marker in scene.timeline_markers]
    for group in groups:
        if isinstance(group, bpy.types.bpy_struct):
            found += [
                (name, str(getattr(group, name)))
                for name, definition in group.bl_rna.properties.items()
                if definition.type in ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
                and not (definition.is_readonly or getattr(definition, "is_array", False))
                and not getattr(definition, "is_deprecated", False)
                and name not in _NOT_SEEN
                # What a render leaves beside its picture.
                and not name.startswith("use_pass_")
            ]
    return found


def _composited(scene: bpy.types.Scene, counts: bool) -> str:
    """What the compositor makes of a scene's render."""
    tree = compat.compositor_tree(scene) if counts and scene.render.use_compositing else None
    return "" if tree is None else tree_state(tree, tree.nodes, lambda item: item.name)


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
