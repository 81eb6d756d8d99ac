"""Which folder on disk is a strip's: after renaming, duplicating, undo, and before it has a result."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import bpy

from .. import preferences
from ..contract.errors import NstError
from ..jobs.order import load_order
from .record import mark, result_of
from .result_strip import relative
from .shown_frames import shelf_of
from .versions import Template, claim_shelf, find_shelf, list_versions

__all__ = ["output_template", "shelf_for", "shelf_of_strip"]


def output_template() -> Template:
    """Where results go, as the preferences say.

    Raises :class:`UsageError` for a template that cannot be used.
    """
    return Template.parse(preferences.output_template())


def shelf_of_strip(scene: bpy.types.Scene, strip: bpy.types.Strip) -> Path | None:
    """The shelf that a strip has; None where it has none yet.

    Raises :class:`UsageError` for a template that cannot be used.
    """
    result = result_of(scene, strip)
    if result is not None:
        return shelf_of(result)
    template = output_template()
    folder = template.folder(blend=bpy.data.filepath, scene=scene.name, strip=strip.name)
    own = strip.brushpass_result.mark or _orphaned_mark(scene, strip, folder, template.version)
    return (find_shelf(folder, own) or _remembered(strip, template)) if own else None


def shelf_for(scene: bpy.types.Scene, strip: bpy.types.Strip, template: Template) -> Path:
    """The same, claimed where it has none.

    Raises :class:`InputError` where that cannot be made.
    """
    folder = template.folder(blend=bpy.data.filepath, scene=scene.name, strip=strip.name)
    result = result_of(scene, strip)
    record = strip.brushpass_result
    if _is_duplicate(strip, folder):
        # What it shares with its twin is not its to change.
        record.mark = ""
        if result is not None:
            result.brushpass_result.of = mark(strip)
    elif result is not None:
        return shelf_of(result)
    elif not record.mark:
        record.mark = _orphaned_mark(scene, strip, folder, template.version)
    else:
        known = find_shelf(folder, record.mark) or _remembered(strip, template)
        if known is not None:
            return known
    shelf = claim_shelf(folder, mark(strip))
    record.shelf, record.template = relative(shelf), template.shelf
    return shelf


def _remembered(strip: bpy.types.Strip, template: Template) -> Path | None:
    """The shelf that was claimed under another name of the strip or its scene, where it still has the mark.

    Where the preferences name another place since, it does not count.
    """
    record = strip.brushpass_result
    same = record.shelf and record.template == template.shelf
    folder = Path(bpy.path.abspath(record.shelf)) if same else None
    return folder if folder is not None and find_shelf(folder, record.mark) == folder else None


def _is_duplicate(strip: bpy.types.Strip, folder: Path) -> bool:
    """Whether another strip has its mark, and the shelf that was made for it is not named after this one."""
    own = strip.brushpass_result.mark
    return bool(own) and list(_marks()).count(own) > 1 and find_shelf(folder, own) is None


def _orphaned_mark(scene: bpy.types.Scene, strip: bpy.types.Strip, shelf: Path, pattern: str) -> str:
    """The mark of a shelf whose strip this was before Blender ended unsaved, or before undo; else empty."""
    for version in reversed(list_versions(shelf, pattern)):
        with contextlib.suppress(NstError):
            order = load_order(version.folder)
            same = (order.blend, order.scene, order.strip) == (bpy.data.filepath, scene.name, strip.name)
            return order.mark if same and order.mark not in set(_marks()) else ""
    return ""


def _marks() -> Iterator[str]:
    for scene in bpy.data.scenes:
        if scene.sequence_editor:
            yield from (strip.brushpass_result.mark for strip in scene.sequence_editor.strips_all)
