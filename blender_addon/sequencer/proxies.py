"""Proxies of a result, made by Blender as for any other strip."""

from __future__ import annotations

import bpy

from .. import compat
from ..contract.errors import InputError
from .strips import meta_path

__all__ = ["SIZES", "build_proxies"]

SIZES = (25, 50, 75, 100)
"""Percentages that Blender knows."""


def build_proxies(scene: bpy.types.Scene, result: bpy.types.Strip, size: int) -> None:
    """Let the result have proxies of one of :data:`SIZES`, beside its files.

    With windows Blender builds them in the background, and shows that in its status bar.
    Raises :class:`InputError` where it cannot.
    """
    result.use_proxy = True
    for known in SIZES:
        setattr(result.proxy, f"build_{known}", known == size)
    editor = scene.sequence_editor
    displayed = editor.meta_stack[-1] if len(editor.meta_stack) else None
    active = editor.active_strip
    selected = [strip for strip in editor.strips_all if strip.select]
    metas = meta_path(result)
    try:
        # It is about what is selected in the list that is displayed.
        editor.display_stack(metas[-1] if metas else None)
        for strip in selected:
            strip.select = False
        result.select = True
        with compat.editing(scene):
            bpy.ops.sequencer.rebuild_proxy("EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT")
    except RuntimeError as error:
        raise InputError(
            f"proxies of {result.name!r} were not built, {str(error).strip()}", remedy="Strip > Proxy > Rebuild Proxy"
        ) from error
    finally:
        result.select = False
        for strip in selected:
            strip.select = True
        editor.display_stack(displayed)
        # Blender forgets it when another list is displayed.
        editor.active_strip = active
