"""``sequence``: the styled strips of a timeline, one after another."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from .. import compat
from ..contract.errors import CancelledByUser, ExitCode, InputError, UsageError, nearest
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind
from ..findings import retold
from ..jobs.progress import State
from ..jobs.queue import AnyWork
from ..jobs.work import Work
from ..sequencer import watch
from ..sequencer.ordering import check_backend, resumable, work_for
from ..sequencer.style_strip import ordered_works
from .arguments import add_progress, add_scene, find_scene, require_file
from .interrupts import Interrupts
from .telling import Teller

__all__ = ["HELP", "add", "run"]

HELP = "Style the strips of a sequencer and put the results in place"


def add(parser: argparse.ArgumentParser) -> None:
    add_scene(parser, default="the one whose strips are edited")
    parser.add_argument(
        "--strip", metavar="NAME", action="append", help="a strip, may be repeated (default: all with enabled regions)"
    )
    parser.add_argument(
        "--frames", metavar="RANGE", help="paint these frames of the timeline, all others stay plate (default: all)"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="go on with what is unfinished, as it was asked for then")
    how.add_argument("--redo-changed", action="store_true", help="take over the frames that did not change")
    saving = parser.add_mutually_exclusive_group()
    saving.add_argument("--save", action="store_true", help="save the file with the results in place")
    saving.add_argument("--save-as", metavar="FILE", help="save it under another name")
    add_progress(parser)


def run(arguments: argparse.Namespace, teller: Teller) -> int:
    require_file()
    scene = find_scene(arguments.scene) if arguments.scene else compat.sequencer_scene(bpy.context) or find_scene(None)
    strips = _strips(scene, arguments.strip)
    frames = None if arguments.frames is None else FrameRange.parse(arguments.frames, "--frames")
    if frames is not None and arguments.resume:
        raise UsageError("--frames has no meaning with --resume", remedy="what was asked for then is gone on with")
    check_backend()
    if arguments.resume:
        works = [work_for(found) for strip in strips if (found := resumable(scene, strip)) is not None]
        if not works:
            raise UsageError("nothing is unfinished", remedy="leave out --resume, or use --redo-changed")
    else:
        works = ordered_works(scene, strips, reuse=arguments.redo_changed, frames=frames)
    with Interrupts(_cancel), _told(teller, works):
        for work in works:
            watch.start(work)
        watch.wait(works)
    done = [work for work in works if work.progress.state is State.DONE]
    for work in works:
        for note in watch.notes_of(work):
            teller.emit(Event(EventKind.WARNING, {"problem": f"{work.order.strip!r}: {note}"}))
    if done:
        _save(arguments, teller)
    _raise_worst(works)
    teller.emit(
        Event(
            EventKind.DONE,
            {"summary": {"scene": scene.name, "strips": {work.order.strip: str(work.folder) for work in works}}},
        )
    )
    return ExitCode.DONE


def _strips(scene: bpy.types.Scene, names: list[str] | None) -> list[bpy.types.Strip]:
    everything = scene.sequence_editor.strips_all if scene.sequence_editor is not None else ()
    strips = [strip for strip in everything if strip.type != "SOUND" and not strip.brushpass_result.of]
    if names is None:
        found = [strip for strip in strips if any(region.enabled for region in strip.brushpass.regions)]
        if not found:
            raise UsageError(
                f"no strip of {scene.name!r} has an enabled region", remedy="name another --scene, or add a region"
            )
        return found
    by_name = {strip.name: strip for strip in strips}
    for name in names:
        if name not in by_name:
            raise UsageError(f"{scene.name!r} has no strip {name!r}", remedy=nearest(name, by_name))
    return [by_name[name] for name in dict.fromkeys(names)]


def _cancel() -> None:
    watch.queue.cancel()


@contextmanager
def _told(teller: Teller, works: list[Work]) -> Iterator[None]:
    """What becomes of the works, for programs; people read what waiting prints."""
    frames = sum(work.order.frames for work in works)

    def tell(work: AnyWork) -> None:
        data = {"stage": work.progress.state.value, "strip": work.order.strip}
        # A frame is rendered, and then painted.
        teller.emit(Event(EventKind.PROGRESS, {**data, "done": round(sum(map(_steps, works))), "total": 2 * frames}))

    if teller.for_people:
        yield
        return
    watch.listeners.append(tell)
    try:
        yield
    finally:
        watch.listeners.remove(tell)


def _steps(work: Work) -> float:
    """How many of its frames were rendered, and painted."""
    progress, frames = work.progress, work.order.frames
    if progress.state is State.DONE:
        return 2 * frames
    if progress.state is State.ISOLATING:
        return progress.part * frames
    painted = progress.part * frames if progress.state is State.STYLING else 0
    return painted + (frames if work.order.isolated else 0)


def _save(arguments: argparse.Namespace, teller: Teller) -> None:
    try:
        if arguments.save:
            bpy.ops.wm.save_mainfile()
        elif arguments.save_as:
            bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath(arguments.save_as), check_existing=False)
        else:
            told = {"problem": "the results are on disk and not in the file", "remedy": "give --save or --save-as"}
            teller.emit(Event(EventKind.WARNING, told))
    except RuntimeError as error:
        text = str(error).removeprefix("Error:").strip().rstrip(".")
        raise InputError(f"the file cannot be saved, {text}", remedy="check its folder") from error


def _raise_worst(works: list[Work]) -> None:
    """Raise the first fault, or that a work was cancelled."""
    for work in works:
        fault = watch.fault_of(work)
        if fault is not None:
            raise retold(fault, f"{work.order.strip!r}: {fault.problem}")
    if any(work.progress.state is State.CANCELLED for work in works):
        raise CancelledByUser("cancelled", remedy="finished frames are kept, --resume goes on")
