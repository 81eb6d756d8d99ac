"""When Style nodes are put right: after every change of the file, before it is saved or rendered, once it is open.

Pasting, duplicating and deleting nodes, new mattes and other scenes leave slots, links and passes to be changed;
Blender tells a node of none of it at a moment when its tree may be written.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ... import compat
from ...file_access import may_write
from ...settings.appended import appended
from ...settings.paths import folder_of_library, rebase
from .node_copies import forget_foreign, remember_foreign, renew_marks
from .trees import style_nodes
from .wiring import mend

__all__ = ["register", "unregister"]


def _tend() -> None:
    if may_write():
        mend()


@persistent  # type: ignore[untyped-decorator]
def _now(*_arguments: object) -> None:
    _tend()


@persistent  # type: ignore[untyped-decorator]
def _soon(*_arguments: object) -> None:
    # The change is still being evaluated, drawn and pushed as a step of undo: Blender may crash where it is
    # given new nodes and scenes now. Without windows no timer runs, and nothing needs it before a save or a render.
    if not bpy.app.background and not bpy.app.timers.is_registered(_tend):
        bpy.app.timers.register(_tend, first_interval=0.0)


@persistent  # type: ignore[untyped-decorator]
def _opened(*_arguments: object) -> None:
    forget_foreign()
    _tend()


@persistent  # type: ignore[untyped-decorator]
def _imported(context: bpy.types.BlendImportContext) -> None:
    for data, _, library in appended(context):
        tree = compat.compositor_tree(data) if isinstance(data, bpy.types.Scene) else data
        if isinstance(tree, bpy.types.NodeTree):
            # In another file there is a node with the same mark.
            renew_marks(tree)
            for node in style_nodes(tree):
                node.copied_from = ""
                rebase(node.record, folder_of_library(library))
    remember_foreign()
    _soon()


_HANDLERS = (
    ("load_post", _opened),
    ("save_pre", _now),
    ("render_init", _now),
    ("depsgraph_update_post", _soon),
    ("undo_post", _soon),
    ("redo_post", _soon),
    ("blend_import_post", _imported),
)


def register() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    if bpy.app.timers.is_registered(_tend):
        bpy.app.timers.unregister(_tend)
