"""What became of a strip: its versions with what they take of the disk, and what can be done with them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import bpy

from .. import compat
from ..backend.folders import size_of
from ..sequencer.record import result_of
from ..sequencer.shown_frames import shelf_of
from ..sequencer.strip_owner import strip_of
from ..sequencer.strip_playback import playback_fault, plays_in_strip
from ..sequencer.versions import list_versions, version_name
from ..settings.owner import Owner
from .problem import draw_problem
from .sections import Section

__all__ = ["SECTION", "Listing", "listing"]

_LOOK_AGAIN_SECONDS = 5.0
_MOST_SHOWN = 5
_MEBIBYTE = 2**20


@dataclass
class Listing:
    """The versions on a shelf, and the bytes of each as far as they were counted. ``at``: when it was read."""

    numbers: tuple[int, ...]
    sizes: dict[int, int] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)
    counting: threading.Thread | None = None


_listings: dict[Path, Listing] = {}


def listing(shelf: Path, pattern: str) -> Listing:
    """What is on the shelf, read now and then; sizes are counted in a thread, for folders hold thousands of files."""
    known = _listings.get(shelf)
    if known is not None and time.monotonic() - known.at < _LOOK_AGAIN_SECONDS:
        return known
    folders = {version.number: version.folder for version in list_versions(shelf, pattern)}
    fresh = Listing(tuple(folders), {} if known is None else dict(known.sizes))

    def count() -> None:
        for number, folder in folders.items():
            fresh.sizes[number] = size_of(folder)

    fresh.counting = threading.Thread(target=count, name="brushpass sizes", daemon=True)
    fresh.counting.start()
    if len(_listings) > 100:
        _listings.clear()
    _listings[shelf] = fresh
    if not bpy.app.background:
        bpy.app.timers.register(_show_sizes, first_interval=0.5)
    return fresh


def _show_sizes() -> float | None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                area.tag_redraw()
    counting = any(one.counting is not None and one.counting.is_alive() for one in _listings.values())
    return 0.5 if counting else None


def _result(owner: Owner) -> tuple[bpy.types.Scene, bpy.types.Strip] | None:
    strip = strip_of(owner)
    if strip is None:
        return None
    scene = owner.id
    assert isinstance(scene, bpy.types.Scene)
    result = result_of(scene, strip)
    return None if result is None else (scene, result)


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    found = _result(owner)
    if found is None:
        return
    scene, result = found
    record = result.brushpass_result
    listed = listing(shelf_of(result), record.version_pattern)
    newest_first = listed.numbers[::-1]
    for number in newest_first[:_MOST_SHOWN]:
        _draw_version(layout, record, number, listed.sizes.get(number))
    if len(newest_first) > _MOST_SHOWN:
        header, body = layout.panel("brushpass_older", default_closed=True)
        header.label(text=f"{len(newest_first) - _MOST_SHOWN} Older")
        if body is not None:
            for number in newest_first[_MOST_SHOWN:]:
                _draw_version(body, record, number, listed.sizes.get(number))
    row = layout.row(align=True)
    row.operator("brushpass.compare", text="Show Plate" if record.version else "Show Styled", icon="ARROW_LEFTRIGHT")
    row.operator("brushpass.refresh_result", text="", icon="FILE_REFRESH")
    row.operator("brushpass.reveal_files", text="", icon="FILE_FOLDER")
    row = layout.row(align=True)
    if compat.STRIPS_COMPOSITE:
        row.operator(f"brushpass.{'play_above' if plays_in_strip(result) else 'play_in_strip'}")
    row.operator("brushpass.remove_result", text="Remove", icon="X")
    if compat.STRIPS_COMPOSITE and (fault := playback_fault(scene, result)) is not None:
        draw_problem(layout, fault.sentence())


def _draw_version(layout: bpy.types.UILayout, record: bpy.types.PropertyGroup, number: int, size: int | None) -> None:
    name = version_name(record.version_pattern, number)
    text = name if size is None else f"{name}  {size / _MEBIBYTE:.1f} MiB"
    row = layout.row(align=True)
    row.operator("brushpass.show_version", text=text, depress=record.version == number).version = number
    row.operator("brushpass.delete_version", text="", icon="TRASH").version = number


SECTION = Section(name="result", label="Result", order=3, draw=_draw, shown=lambda owner: _result(owner) is not None)
