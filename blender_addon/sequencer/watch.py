"""The main thread's side of works: results put in place, pictures refreshed as they arrive, editors redrawn.

A timer looks at what the works' threads left, and runs only while there is something to
look at. It holds nothing of Blender's data between two looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import bpy
from bpy.app.handlers import persistent

from ..contract.errors import NstError, UsageError
from ..jobs.find_work import FindWork
from ..jobs.landing import Landing, landing_of
from ..jobs.progress import Progress, State
from ..jobs.queue import AnyWork, Queue
from ..jobs.work import Work
from ..settings import found_objects, paths
from ..settings.mattes import is_segmenter

__all__ = ["fault_of", "listeners", "notes_of", "queue", "register", "start", "step", "unregister", "wait"]

_TICK = 0.2
_HEADLESS_TICK = 0.05
_STOP_SECONDS = 5.0
# Of the main thread's time, what refreshing pictures may take, and how often Blender draws all of them anew at most.
_SHARE = 0.05
_REFRESH_SECONDS = 1.0


@dataclass
class _Seen:
    """What was made of a work so far."""

    placed: bool = False
    listed: int = 0
    """Lists of objects that the owner has of it."""
    styled: int = 0
    ended: bool = False
    turned_back: bool = False
    fault: NstError | None = None
    notes: tuple[str, ...] = ()
    next_look: float = 0.0
    progress: Progress | None = None


queue = Queue()
"""The works of this Blender."""
listeners: list[Callable[[AnyWork], None]] = []
"""Called on the main thread with a work of which there was news."""
_seen: dict[str, _Seen] = {}
_saved_from = ""


def start(work: AnyWork) -> None:
    """Queue a work and look after it."""
    queue.add(work)
    _look_soon()


def fault_of(work: AnyWork) -> NstError | None:
    """Why a work, or putting its result in place, failed."""
    seen = _seen.get(work.id)
    return work.progress.fault or (seen.fault if seen is not None else None)


def notes_of(work: AnyWork) -> tuple[str, ...]:
    """What the artist should know of what came of a work, in sentences."""
    seen = _seen.get(work.id)
    return (*work.progress.warnings, *(seen.notes if seen is not None else ()))


def step() -> bool:
    """Take over what arrived (main thread); whether anything is still to come."""
    works = queue.works
    for gone in _seen.keys() - {work.id for work in works}:
        del _seen[gone]
    changed = False
    for work in works:
        seen = _seen.setdefault(work.id, _Seen())
        news = _take_news(work, seen) if isinstance(work, Work) else _take_end(work, seen)
        # In this order: what has ended has left all of its lists.
        lists = _take_lists(work, seen)
        if lists or news:
            changed = True
            for listener in listeners:
                listener(work)
    if changed:
        _redraw()
    return any(not _seen[work.id].ended for work in works)


def wait(works: Sequence[AnyWork]) -> None:
    """For a Blender without windows: until the works have ended, which Ctrl-C ends. Prints each change once."""
    said: dict[str, str] = {}

    def tell() -> None:
        for work in works:
            progress = work.progress
            count = f" {progress.done}/{progress.total}" if progress.total and not progress.state.ended else ""
            line = f"{work.order.strip}: {progress.state.value}{count}"
            if said.get(work.id) != line:
                said[work.id] = line
                print(f"Brushpass: {line}", flush=True)

    try:
        while step():
            tell()
            time.sleep(_HEADLESS_TICK)
    except KeyboardInterrupt:
        queue.stop()
        step()
    tell()


def _take_lists(work: AnyWork, seen: _Seen) -> bool:
    """Give the owner the lists of objects that were found."""
    found = work.found
    owner = landing_of(work.order).owner(work.order) if len(found) > seen.listed else None
    if owner is None:
        return False
    seen.listed = len(found)
    for model, summary in found.items():
        if isinstance(work, FindWork):
            name, exposure = work.model, work.exposure
        else:
            # As its recipe has it.
            name = paths.from_recipe(model, work.shelf) if is_segmenter(model) else model
            exposure = float(work.order.recipe["plate"].get("exposure", 0.0))
        seen.notes += found_objects.store(owner, name, summary, exposure=exposure)
    if isinstance(work, FindWork):
        _push_undo(f"Find Objects of {owner.label}")
    return True


def _take_end(work: FindWork, seen: _Seen) -> bool:
    if seen.ended:
        return False
    progress = work.progress
    # A list waits until the file of its owner is open.
    waits = len(work.found) > seen.listed and not _file_is_open(work)
    seen.ended = progress.state.ended and not waits
    changed = progress != seen.progress or seen.ended
    seen.progress = progress
    return changed


def _take_news(work: Work, seen: _Seen) -> bool:
    landing = landing_of(work.order)
    if seen.turned_back and seen.placed:
        seen.turned_back = False
        _try(seen, lambda: landing.refresh(work))
    if seen.ended:
        return False
    # In this order: what has ended has left all that it leaves.
    progress = work.progress
    ended = progress.state.ended
    ready = landing.ready(work)
    if ready and not seen.placed:
        _place(landing, work, seen)
    arrived = progress.styled > seen.styled and time.monotonic() >= seen.next_look
    if seen.placed and (arrived or ended):
        started = time.monotonic()
        _try(seen, lambda: landing.refresh(work))
        seen.styled = progress.styled
        now = time.monotonic()
        seen.next_look = now + max(_REFRESH_SECONDS, (now - started) / _SHARE)
    seen.ended = ended and (seen.placed or not ready or not _file_is_open(work))
    if seen.ended and seen.placed and progress.state is State.DONE:
        _try(seen, lambda: landing.finish(work))
    changed = progress != seen.progress or seen.ended
    seen.progress = progress
    return changed


def _file_is_open(work: AnyWork) -> bool:
    return bpy.data.filepath == work.order.blend


def _place(landing: Landing, work: Work, seen: _Seen) -> None:
    if landing.owner(work.order) is None:
        if _file_is_open(work):
            seen.placed = True
            kind = "strip" if work.order.node is None else "node"
            problem = f"the {kind} {work.order.strip!r} is gone"
            seen.fault = UsageError(problem, remedy=f"its frames are in {work.folder}")
        return
    seen.placed = True
    steps: list[str] = []
    _try(seen, lambda: steps.append(landing.place(work)))
    for step in filter(None, steps):
        _push_undo(step)


def _try(seen: _Seen, bring: Callable[[], None]) -> None:
    try:
        bring()
    except NstError as fault:
        seen.fault = fault


def _push_undo(message: str) -> None:
    if bpy.app.background:
        bpy.ops.ed.undo_push(message=message)
        return
    # A timer has no window, and undo wants one.
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo_push(message=message)


def _redraw() -> None:
    """What tells how far works are; strips that change are drawn anew by Blender itself."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "NODE_EDITOR":
                # Nodes show it on their faces.
                area.tag_redraw()
            elif area.type == "SEQUENCE_EDITOR":
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
def _saving(*_arguments: object) -> None:
    global _saved_from
    _saved_from = bpy.data.filepath


@persistent  # type: ignore[untyped-decorator]
def _saved(*_arguments: object) -> None:
    """Results go where the artist goes on, and not to the file that was open when they were asked for."""
    if bpy.data.filepath != _saved_from:
        for work in queue.works:
            work.follow(_saved_from, bpy.data.filepath)


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


_HANDLERS = (
    ("load_post", _file_loaded),
    ("save_pre", _saving),
    ("save_post", _saved),
    ("undo_post", _turned_back),
    ("redo_post", _turned_back),
)


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
