"""Fulfils the latest wish in a thread of its own: plate, plate's picture and names, quick result, full result, matte.

Nothing of Blender: wishes come from its main thread, which looks at :attr:`Painter.progress` and takes the pictures.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from ..backend.faults import fault_or_defect
from ..backend.pixels import map_pixels
from ..backend.tickets import Ticket
from ..contract.errors import NstError
from ..contract.messages import CloseRequest, FrameEvent, MattesRequest, OpenRequest, PreviewRequest, ServiceRequest
from ..jobs.isolating import IsolatingBlender
from ..jobs.strip_work import Backend, Isolate
from ..sequencer.plan import Plate, load_plate
from .pictures import Array, Pictures, reduced_size
from .wish import SPEC_FILE, Wish, for_frame

__all__ = ["OpenPlate", "Painter", "Progress", "Stage"]

_HEARTBEAT = 0.05


class Stage(StrEnum):
    """Where a preview is."""

    NOTHING = ""
    PLATE = "rendering the plate"
    OPENING = "loading styles"
    QUICK = "painting"
    FULL = "painting in full size"
    READY = "ready"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def ended(self) -> bool:
        return self in (Stage.NOTHING, Stage.READY, Stage.FAILED, Stage.STOPPED)


@dataclass(frozen=True, kw_only=True)
class OpenPlate:
    """A plate that the backend has open."""

    job: str
    folder: Path
    plate: Plate
    number: int
    recipe: Mapping[str, Any]
    """By which it is open, and leaves it as it is."""
    names: Mapping[str, Any]
    """What its Cryptomatte holds: the summary of a ``mattes`` request."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Full names of its Cryptomatte layers."""
        return tuple(str(layer["name"]) for layer in self.names.get("layers", ()))


@dataclass(frozen=True, kw_only=True, eq=False)
class Progress:
    """A snapshot of the latest wish."""

    stage: Stage = Stage.NOTHING
    wish: Wish | None = None
    seconds: float = 0.0
    """That it took, once it ended."""
    began: float = 0.0
    """On the monotonic clock."""
    pictures: Pictures = Pictures()
    open_plate: OpenPlate | None = None
    notes: tuple[str, ...] = ()
    fault: NstError | None = None
    revision: int = 0
    """Rises with every change of the pictures."""


class _NewerWish(Exception):
    """The wish at work is no longer the latest."""


class Painter:
    """All methods may be called from any thread and return at once."""

    def __init__(self, backend: Backend, isolate: Isolate) -> None:
        self._backend = backend
        self._isolate = isolate
        self._changed = threading.Condition()
        self._wanted: Wish | None = None
        self._serial = 0
        self._thread: threading.Thread | None = None
        self._child: IsolatingBlender | None = None
        self._progress = Progress()
        # The thread's own, from here on.
        self._jobs: dict[str, tuple[str, str]] = {}
        self._made: dict[str, str] = {}

    @property
    def progress(self) -> Progress:
        with self._changed:
            return self._progress

    @property
    def busy(self) -> bool:
        with self._changed:
            return self._thread is not None

    def ask(self, wish: Wish) -> None:
        """Fulfil ``wish`` in place of whatever was wished before."""
        with self._changed:
            self._serial += 1
            self._wanted = wish
            known = self._progress
            if known.wish is None or known.wish.plate.key != wish.plate.key:
                # Another plate's pictures would be shown as this one's.
                known = Progress(revision=known.revision + 1)
            elif known.wish.region != wish.region:
                pictures = replace(known.pictures, matte=None)
                known = replace(known, pictures=pictures, revision=known.revision + 1)
            stage = Stage.PLATE if wish.plate.spec is not None else Stage.OPENING
            self._progress = replace(
                known, stage=stage, wish=wish, began=time.monotonic(), seconds=0.0, fault=None, notes=()
            )
            self._interrupt()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="brushpass preview", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Give the wish up; what is there stays."""
        with self._changed:
            self._serial += 1
            self._wanted = None
            if not self._progress.stage.ended:
                self._progress = replace(self._progress, stage=Stage.STOPPED)
            self._interrupt()

    def forget(self) -> None:
        """Give everything up: wish, pictures, and what the backend has open."""
        with self._changed:
            self.stop()
            self._progress = Progress(revision=self._progress.revision + 1)
            if self._thread is None:
                self._close_jobs()

    def join(self, seconds: float | None = None) -> bool:
        """Wait until there is nothing to do; whether that was so in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, seconds)

    def _interrupt(self) -> None:
        if self._child is not None:
            self._child.kill()

    # ---- its thread

    def _run(self) -> None:
        while True:
            with self._changed:
                wish, serial = self._wanted, self._serial
                self._wanted = None
                if wish is None:
                    if self._progress.stage is Stage.NOTHING:
                        self._close_jobs()
                    self._thread = None
                    self._changed.notify_all()
                    return
            try:
                self._fulfil(wish, serial)
            except _NewerWish:
                continue
            except Exception as error:
                self._fail(serial, error)

    def _fail(self, serial: int, error: Exception) -> None:
        fault = fault_or_defect(error)
        with contextlib.suppress(_NewerWish):
            self._tell(serial, stage=Stage.FAILED, fault=fault, seconds=time.monotonic() - self.progress.began)

    def _fulfil(self, wish: Wish, serial: int) -> None:
        number, folder = wish.plate.number, wish.plate.folder
        if wish.plate.spec is not None:
            self._render_plate(wish, serial)
        plate = load_plate(folder)
        self._tell(serial, stage=Stage.OPENING)
        self._look_at_plate(wish, plate, serial)
        if wish.recipe is not None:
            recipe = for_frame(wish.recipe, plate, number, shelf=wish.plate.shelf)
            job = self._open("painting", recipe, folder, serial, objects=wish.objects)
            if self._made.get("result") != job or self.progress.pictures.result is None:
                self._paint(job, plate, number, serial)
            if wish.region is not None:
                matte = self._pixels(job, MattesRequest, serial, frame=number, region=wish.region)
                self._show(serial, matte=matte)
        self._tell(serial, stage=Stage.READY, seconds=time.monotonic() - self.progress.began)

    def _paint(self, job: str, plate: Plate, number: int, serial: int) -> None:
        quick = reduced_size(plate.width, plate.height)
        steps = [(quick, Stage.QUICK), (None, Stage.FULL)] if quick else [(None, Stage.QUICK)]
        for size, stage in steps:
            self._tell(serial, stage=stage)
            self._show(serial, result=self._pixels(job, PreviewRequest, serial, frame=number, size=size))
        self._made["result"] = job

    def _render_plate(self, wish: Wish, serial: int) -> None:
        self._tell(serial, stage=Stage.PLATE)
        child = IsolatingBlender(self._isolate(wish.plate.folder / SPEC_FILE))
        with self._changed:
            self._child = child
            if serial != self._serial:
                child.kill()
        try:
            child.hear(lambda event: None)
        finally:
            with self._changed:
                self._child = None
        self._check(serial)

    def _look_at_plate(self, wish: Wish, plate: Plate, serial: int) -> None:
        number, folder = wish.plate.number, wish.plate.folder
        recipe = for_frame(wish.looked_at, plate, number, shelf=wish.plate.shelf)
        job = self._open("plate", recipe, folder, serial, objects=wish.objects)
        known = self.progress.open_plate
        if known is not None and known.job == job:
            return
        self._show(serial, plate=self._pixels(job, PreviewRequest, serial, frame=number))
        names: Mapping[str, Any] = {}
        if plate.encoding == "passes":
            names = self._follow(self._ask(MattesRequest, job, frame=number), serial)
        found = OpenPlate(job=job, folder=folder, plate=plate, number=number, recipe=recipe, names=names)
        self._tell(serial, open_plate=found)

    # ---- the backend

    def _open(
        self, role: str, recipe: Mapping[str, Any], folder: Path, serial: int, *, objects: Sequence[str] = ()
    ) -> str:
        """The name of the job that has ``recipe`` open; the one of its role before it is closed.

        It knows the ``objects`` that were found when it was opened.
        """
        wanted = json.dumps([str(folder), recipe, objects], sort_keys=True)
        job, open_recipe = self._jobs.get(role, ("", ""))
        if job and open_recipe == wanted and self._backend.is_open(job):
            return job
        self._close(role)
        job = f"preview-{uuid.uuid4().hex}"
        try:
            summary = self._follow(self._ask(OpenRequest, job, recipe=recipe, base=str(folder)), serial)
        except BaseException:
            if self._backend.is_open(job):
                self._backend.submit(CloseRequest, job=job)
            raise
        self._jobs[role] = job, wanted
        if role == "painting":
            self._tell(serial, notes=tuple(map(str, summary.get("warnings", ()))))
        return job

    def _close(self, role: str) -> None:
        job, _ = self._jobs.pop(role, ("", ""))
        if job and self._backend.is_open(job):
            self._backend.submit(CloseRequest, job=job)

    def _close_jobs(self) -> None:
        for role in tuple(self._jobs):
            self._close(role)
        self._made.clear()

    def _ask(self, kind: type[ServiceRequest], job: str, **fields: Any) -> Ticket:
        return self._backend.submit(kind, job=job, **fields)

    def _pixels(self, job: str, kind: type[ServiceRequest], serial: int, **fields: Any) -> Array:
        self._check(serial)
        found: list[Array] = []
        ticket = self._ask(kind, job, **fields)

        def copy(event: FrameEvent) -> None:
            found.append(np.array(map_pixels(event), np.float32))

        self._follow(ticket, serial, copy)
        return found[-1]

    def _follow(
        self, ticket: Ticket, serial: int, frame: Callable[[FrameEvent], None] = lambda event: None
    ) -> Mapping[str, Any]:
        """Wait for the answer, and give up waiting where a newer wish has come."""
        while True:
            ended = ticket.wait(_HEARTBEAT)
            for event in ticket.poll():
                if isinstance(event, FrameEvent):
                    frame(event)
            if ended:
                self._check(serial)
                return ticket.result()
            try:
                self._check(serial)
            except _NewerWish:
                ticket.cancel()
                raise

    # ---- telling

    def _check(self, serial: int) -> None:
        with self._changed:
            if serial != self._serial:
                raise _NewerWish

    def _tell(self, serial: int, **changes: Any) -> None:
        with self._changed:
            self._check(serial)
            self._progress = replace(self._progress, **changes)

    def _show(self, serial: int, **pictures: Array) -> None:
        with self._changed:
            known = self._progress
            self._tell(serial, pictures=replace(known.pictures, **pictures), revision=known.revision + 1)
