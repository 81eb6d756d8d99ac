"""The main thread's side of works: results put in place, pictures refreshed as they arrive, editors redrawn.

A timer looks at what the works' threads left, and runs only while there is something to
look at. It holds nothing of Blender's data between two looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import bpy
from bpy.app.handlers import persistent

from ..contract.errors import NstError, UsageError
from ..jobs.progress import Progress, State
from ..jobs.queue import Queue
from ..jobs.work import Work
from .placement import place
from .proxies import build_proxies
from .shown_frames import refresh, shelf_of
from .targets import Target, find_target

__all__ = ["fault_of", "listeners", "queue", "register", "start", "step", "unregister"]

_TICK = 0.2
_STOP_SECONDS = 5.0
# Of the main thread's time, what refreshing pictures may take, and how often Blender draws all of them anew at most.
_SHARE = 0.05
_REFRESH_SECONDS = 1.0


@dataclass
class _Seen:
    """What was made of a work so far."""

    placed: bool = False
    styled: int = 0
    ended: bool = False
    turned_back: bool = False
    fault: NstError | None = None
    next_look: float = 0.0
    progress: Progress | None = None


queue = Queue()
"""The works of this Blender."""
listeners: list[Callable[[Work], None]] = []
"""Called on the main thread with a work of which there was news."""
_seen: dict[str, _Seen] = {}


def start(work: Work) -> None:
    """Queue a work and look after it."""
    queue.add(work)
    _look_soon()


def fault_of(work: Work) -> NstError | None:
    """Why a work, or putting its result in place, failed."""
    seen = _seen.get(work.id)
    return work.progress.fault or (seen.fault if seen is not None else None)


def step() -> bool:
    """Take over what arrived (main thread); whether anything is still to come."""
    works = queue.works
    for gone in _seen.keys() - {work.id for work in works}:
        del _seen[gone]
    changed = False
    for work in works:
        seen = _seen.setdefault(work.id, _Seen())
        if _take_news(work, seen):
            changed = True
            for listener in listeners:
                listener(work)
    if changed:
        _redraw()
    return any(not _seen[work.id].ended for work in works)


def _take_news(work: Work, seen: _Seen) -> bool:
    if seen.turned_back and seen.placed:
        seen.turned_back = False
        _refresh(work)
    if seen.ended:
        return False
    # In this order: what has ended has left all that it leaves.
    progress, plate = work.progress, work.plate
    ended = progress.state.ended
    # A movie is there when all of it is; until then the original shows the plate.
    ready = plate is not None and (not work.order.movie or progress.state is State.DONE)
    if ready and not seen.placed:
        _place(work, seen)
    arrived = progress.styled > seen.styled and time.monotonic() >= seen.next_look
    if seen.placed and (arrived or ended):
        started = time.monotonic()
        _refresh(work)
        seen.styled = progress.styled
        now = time.monotonic()
        seen.next_look = now + max(_REFRESH_SECONDS, (now - started) / _SHARE)
    seen.ended = ended and (seen.placed or not ready or not _file_is_open(work))
    if seen.ended and seen.placed and progress.state is State.DONE:
        _build_proxies(work, seen)
    changed = progress != seen.progress or seen.ended
    seen.progress = progress
    return changed


def _file_is_open(work: Work) -> bool:
    return bpy.data.filepath == work.order.blend


def _shows(result: bpy.types.Strip, work: Work) -> bool:
    """Whether a result is at the version of a work; versions of other shelves have the same numbers."""
    try:
        return result.brushpass_result.version == work.order.version and shelf_of(result).samefile(work.shelf)
    except OSError:
        return False


def _place(work: Work, seen: _Seen) -> None:
    target = find_target(work.order)
    if target is None:
        if _file_is_open(work):
            seen.placed = True
            seen.fault = UsageError(
                f"the strip {work.order.strip!r} is gone", remedy=f"its frames are in {work.folder}"
            )
        return
    seen.placed = True
    order, plate = work.order, work.plate
    assert plate is not None
    result = target.result
    resumed = result is not None and _shows(result, work)
    try:
        place(
            target.scene,
            target.strip,
            plate,
            shelf=work.shelf,
            version_pattern=order.version_pattern,
            version=order.version,
            styled=order.styled,
        )
    except NstError as fault:
        seen.fault = fault
        return
    if not resumed:
        _push_undo(target)


def _push_undo(target: Target) -> None:
    """One step for all: strip, look and what the original lost. Frames that arrive later are none."""
    message = f"Style {target.strip.name}"
    if bpy.app.background:
        bpy.ops.ed.undo_push(message=message)
        return
    # A timer has no window, and undo wants one.
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo_push(message=message)


def _refresh(work: Work) -> None:
    target = find_target(work.order)
    result = target.result if target is not None else None
    if result is None or not _shows(result, work):
        return
    try:
        refresh(result)
    except NstError as fault:
        _seen[work.id].fault = fault


def _build_proxies(work: Work, seen: _Seen) -> None:
    target = find_target(work.order)
    result = target.result if target is not None else None
    if target is None or result is None or not _shows(result, work):
        return
    wanted = target.strip.brushpass.output.proxy
    if wanted == "NONE":
        return
    try:
        build_proxies(target.scene, result, int(wanted))
    except NstError as fault:
        seen.fault = fault


def _redraw() -> None:
    """What tells how far works are; strips that change are drawn anew by Blender itself."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                for region in area.regions:
                    if region.type in ("UI", "HEADER"):
                        region.tag_redraw()


def _tick() -> float | None:
    return _TICK if step() else None


@persistent  # type: ignore[untyped-decorator]
def _file_loaded(_path: str = "") -> None:
    """Look again: what could not be put in place while another file was open may be at home now."""
    for seen in _seen.values():
        seen.ended = seen.ended and seen.placed
    _look_soon()


@persistent  # type: ignore[untyped-decorator]
def _turned_back(*_arguments: object) -> None:
    """Undo and redo bring results back as they were put in place, without what arrived since."""
    for seen in _seen.values():
        seen.turned_back = True
    _look_soon()


def _look_soon() -> None:
    if bpy.app.background:
        step()
    elif queue.works and not bpy.app.timers.is_registered(_tick):
        # Loading another file does not end it.
        bpy.app.timers.register(_tick, first_interval=_TICK, persistent=True)


_HANDLERS = (("load_post", _file_loaded), ("undo_post", _turned_back), ("redo_post", _turned_back))


def register() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """End all works; what they finished stays, and they can be resumed."""
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    queue.stop(_STOP_SECONDS)
    _seen.clear()
