"""One strip's work: the isolating Blender, then the backend, heard and told of; for a thread of its own.

What is written on disk by each step is enough to go on after any other end: the order
beside the frames, the plate's ledger, the backend's manifest.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ..backend.faults import BackendError
from ..backend.locks import try_locked
from ..backend.tickets import Ticket
from ..contract.errors import CancelledByUser, InputError, NstError, as_fault
from ..contract.messages import (
    CloseRequest,
    ErrorEvent,
    FrameEvent,
    OpenRequest,
    ProgressEvent,
    RunRequest,
    ServiceEvent,
    ServiceRequest,
    WarningEvent,
)
from ..sequencer.lent_plates import lend_plates
from ..sequencer.plan import Plate, load_plate, save_spec
from ..sequencer.versions import PLATE_FOLDER, describe_version, present, version_name
from .isolating import IsolatingBlender
from .order import Order, copy_file, load_order, save_order, spec_file
from .progress import Pace, Progress, State
from .reuse import same_look, take_over
from .strip_files import filled_in

__all__ = ["Backend", "Isolate", "Work"]

Isolate = Callable[[Path], tuple[str, ...]]
"""The command that isolates, by the spec's file."""
_LOCK = "job.lock"
_HEARTBEAT = 0.1
_MOST_WARNINGS = 20


class Backend(Protocol):
    """What a work asks of the client."""

    def submit(self, kind: type[ServiceRequest], *, job: str = "", **fields: Any) -> Ticket: ...

    def is_open(self, job: str) -> bool: ...


class Work:
    """Fulfils an order. :meth:`run` blocks; everything else may be called from any thread and returns at once."""

    def __init__(self, order: Order, folder: Path, *, backend: Backend, isolate: Isolate, scripts: bool) -> None:
        self.folder = folder
        """The version's."""
        self.id = f"strip-{uuid.uuid4().hex}"
        self._order = order
        self._backend = backend
        self._isolate = isolate
        self._scripts = scripts
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._child: IsolatingBlender | None = None
        self._progress = Progress()
        self._plate: Plate | None = None

    # ---- how it is

    @property
    def order(self) -> Order:
        """What it does, as it lies on disk."""
        return self._order

    @property
    def shelf(self) -> Path:
        return self.folder.parent

    @property
    def progress(self) -> Progress:
        with self._lock:
            return self._progress

    @property
    def plate(self) -> Plate | None:
        """The finished plate, once the recipe was found to fit it; None before."""
        with self._lock:
            return self._plate

    def cancel(self) -> None:
        """End it soon; what is finished stays, and it can be resumed."""
        self._cancelled.set()
        with self._lock:
            self._progress = replace(self._progress, cancelling=True)
            child = self._child
        if child is not None:
            child.kill()

    # ---- its thread

    def run(self) -> None:
        """Fulfil the order; never raises, see :attr:`progress`."""
        try:
            # All versions are made of one plate, which must not change meanwhile.
            with try_locked(self.shelf / _LOCK) as free:
                if not free:
                    # What lies on disk is the other one's to write.
                    busy = InputError("another Blender styles this strip", remedy="wait for it, then resume")
                    self._tell(state=State.FAILED, fault=busy)
                    return
                self._stop_if_cancelled()
                self._save(outcome="", problem="")
                plate = self._isolated()
                self._styled(plate)
                self._save(outcome="done")
            self._tell(state=State.DONE)
        except CancelledByUser:
            self._end(State.CANCELLED, None)
        except Exception as error:
            fault = as_fault(error)
            if fault is None:
                traceback.print_exc()
                fault = BackendError(f"a fault of Brushpass ({error!r})", remedy="see the console", kind="defect")
            self._end(State.FAILED, fault)

    def _end(self, state: State, fault: NstError | None) -> None:
        try:
            outcome = "failed" if state is State.FAILED else "cancelled"
            self._save(outcome=outcome, problem="" if fault is None else fault.sentence())
        except NstError as other:
            fault = fault or other
        self._tell(state=state, fault=fault, seconds_left=None, kept=self._kept())

    def _kept(self) -> int:
        """Painted frames on disk; those of a movie lie with the backend, which told of them."""
        now = self.progress
        told = now.done if now.state is State.STYLING else 0
        if "#" not in self._order.styled:
            return told
        numbers = range(self._order.first, self._order.last + 1)
        with contextlib.suppress(OSError):
            return len(present(self.folder, self._order.styled) & set(numbers))
        return told

    def _isolated(self) -> Plate:
        """The finished plate, rendered unless it was."""
        plate_folder = self.shelf / PLATE_FOLDER
        if not self._order.isolated:
            self._render_plate()
            self._save(isolated=True)
            copy_file(self.folder).unlink(missing_ok=True)
        plate = load_plate(plate_folder)
        if plate.first > self._order.first or plate.last < self._order.last:
            raise InputError("the plate was rendered anew with fewer frames", remedy="style the strip again")
        recipe = filled_in(self._order.recipe, self._order, plate)
        styled = Path(recipe["output"]["path"]).name
        self._take_over(plate, recipe, styled)
        lend_plates(plate_folder, self.folder, plate.picture, renew=True)
        describe_version(self.folder, styled=styled, recipe=recipe)
        self._save(recipe=recipe, styled=styled)
        return plate

    def _take_over(self, plate: Plate, recipe: Mapping[str, Any], styled: str) -> None:
        if not self._order.reuse:
            return
        older = self.shelf / version_name(self._order.version_pattern, self._order.reuse)
        try:
            known = load_order(older).recipe
        except NstError:
            return
        if same_look(known, recipe):
            alone = recipe["temporal"].get("smoothing") == 0
            mattes = [source.pattern for source in self._order.mattes]
            take_over(older, self.folder, plate, self.shelf / PLATE_FOLDER, styled=styled, alone=alone, mattes=mattes)

    def _render_plate(self) -> None:
        if not copy_file(self.folder).is_file():
            raise InputError("the copy of the file that the plate is rendered from is gone", remedy="style it again")
        self._tell(state=State.ISOLATING, done=0, total=self._order.frames)
        save_spec(spec_file(self.folder), self._order.spec(self.folder, job=self.id, scripts=self._scripts))
        child = IsolatingBlender(self._isolate(spec_file(self.folder)))
        with self._lock:
            self._child = child
        try:
            # It may have been cancelled before it could be killed.
            if self._cancelled.is_set():
                child.kill()
            child.hear(self._listener(Pace()))
        finally:
            with self._lock:
                self._child = None
        self._stop_if_cancelled()

    def _styled(self, plate: Plate) -> None:
        self._tell(state=State.OPENING, done=0, total=0, seconds_left=None)
        try:
            self._follow(self._ask(OpenRequest, recipe=self._order.recipe, base=str(self.shelf)))
            with self._lock:
                # Not earlier: what cannot be opened shall leave nothing on the timeline.
                self._plate = plate
            self._tell(state=State.STYLING, done=0, total=self._order.frames)
            self._follow(self._ask(RunRequest))
        finally:
            if self._backend.is_open(self.id):
                self._backend.submit(CloseRequest, job=self.id)

    def _ask(self, kind: type[ServiceRequest], **fields: Any) -> Ticket:
        self._stop_if_cancelled()
        return self._backend.submit(kind, job=self.id, **fields)

    def _follow(self, ticket: Ticket) -> None:
        hear = self._listener(Pace())
        asked_to_end = False
        while True:
            ended = ticket.wait(_HEARTBEAT)
            for event in ticket.poll():
                hear(event)
            if ended:
                break
            if self._cancelled.is_set() and not asked_to_end:
                ticket.cancel()
                asked_to_end = True
        try:
            ticket.result()
        except BackendError as fault:
            if fault.kind == CancelledByUser.kind:
                raise CancelledByUser("cancelled") from fault
            raise

    def _listener(self, pace: Pace) -> Callable[[ServiceEvent], None]:
        def hear(event: ServiceEvent) -> None:
            if isinstance(event, ProgressEvent):
                self._tell(done=event.done, total=event.total, seconds_left=pace.step(event.total - event.done))
            elif isinstance(event, FrameEvent) and self.progress.state is State.STYLING:
                self._tell(styled=self.progress.styled + 1)
            elif isinstance(event, WarningEvent) or (isinstance(event, ErrorEvent) and not event.final):
                self._warn(event.problem, event.remedy)

        return hear

    def _warn(self, problem: str, remedy: str) -> None:
        sentence = NstError(problem, remedy=remedy).sentence()
        known = self.progress.warnings
        if sentence not in known and len(known) < _MOST_WARNINGS:
            self._tell(warnings=(*known, sentence))

    def _stop_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise CancelledByUser("cancelled")

    def _save(self, **changes: Any) -> None:
        self._order = save_order(self.folder, self._order, **changes)

    def _tell(self, **changes: Any) -> None:
        with self._lock:
            self._progress = replace(self._progress, **changes)
