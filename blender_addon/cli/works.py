"""Works that a subcommand has done: started, waited for and told, their results saved."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import bpy

from ..contract.errors import CancelledByUser, InputError
from ..contract.messages import Event, EventKind
from ..findings import retold
from ..jobs.progress import State
from ..jobs.queue import AnyWork
from ..jobs.work import Work
from ..sequencer import watch
from .interrupts import Interrupts
from .telling import Teller

__all__ = ["add_saving", "do_works", "raise_worst", "save"]


def add_saving(parser: argparse.ArgumentParser) -> None:
    """``--save`` and ``--save-as``."""
    saving = parser.add_mutually_exclusive_group()
    saving.add_argument("--save", action="store_true", help="save the file with the results in place")
    saving.add_argument("--save-as", metavar="FILE", help="save it under another name")


def do_works(works: Sequence[Work], teller: Teller) -> bool:
    """Do all works, one after another, and tell of them; whether one of them was done."""
    with Interrupts(_cancel), _told(teller, works):
        for work in works:
            watch.start(work)
        watch.wait(works)
    for work in works:
        for note in watch.notes_of(work):
            teller.emit(Event(EventKind.WARNING, {"problem": f"{work.order.strip!r}: {note}"}))
    return any(work.progress.state is State.DONE for work in works)


def _cancel() -> None:
    watch.queue.cancel()


@contextmanager
def _told(teller: Teller, works: Sequence[Work]) -> Iterator[None]:
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


def save(arguments: argparse.Namespace, teller: Teller) -> None:
    """Save the file as asked for; raises :class:`InputError` where it cannot be."""
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


def raise_worst(works: Sequence[Work]) -> None:
    """Raise the first fault, or that a work was cancelled."""
    for work in works:
        fault = watch.fault_of(work)
        if fault is not None:
            raise retold(fault, f"{work.order.strip!r}: {fault.problem}")
    if any(work.progress.state is State.CANCELLED for work in works):
        raise CancelledByUser("cancelled", remedy="finished frames are kept, --resume goes on")
