"""What all works on a strip share: its plate from an isolating Blender, the backend heard and told of, one thread."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ..backend.faults import BackendError, fault_or_defect
from ..backend.locks import try_locked
from ..backend.tickets import Ticket
from ..contract.errors import CancelledByUser, InputError, NstError
from ..contract.messages import (
    ErrorEvent,
    FrameEvent,
    ObjectsRequest,
    ProgressEvent,
    ServiceEvent,
    ServiceRequest,
    WarningEvent,
)
from ..sequencer.plan import save_spec
from .isolating import IsolatingBlender
from .order import StripOrder, copy_file, spec_file
from .progress import OPTIMISING, Pace, State
from .told import Told

__all__ = ["Backend", "Isolate", "StripWork"]

Isolate = Callable[[Path], tuple[str, ...]]
"""The command that isolates, by the spec's file."""
_LOCK = "job.lock"
_HEARTBEAT = 0.1
_Order = TypeVar("_Order", bound=StripOrder)


class Backend(Protocol):
    """What a work asks of the client."""

    def submit(self, kind: type[ServiceRequest], *, job: str = "", **fields: Any) -> Ticket: ...

    def is_open(self, job: str) -> bool: ...


class StripWork(Told, Generic[_Order]):
    """Fulfils an order. :meth:`run` blocks; everything else may be called from any thread and returns at once."""

    def __init__(
        self, order: _Order, folder: Path, shelf: Path, *, backend: Backend, isolate: Isolate, scripts: bool
    ) -> None:
        super().__init__()
        self.folder = folder
        """Holds the copy of the file, until the plate is rendered."""
        self.shelf = shelf
        """The strip's, which holds its plate."""
        self.id = f"strip-{uuid.uuid4().hex}"
        self._order = order
        self._blend = order.blend
        self._backend = backend
        self._isolate = isolate
        self._scripts = scripts
        self._cancelled = threading.Event()
        self._child: IsolatingBlender | None = None
        self._found: dict[str, Mapping[str, Any]] = {}

    # ---- how it is

    @property
    def order(self) -> _Order:
        """What it does."""
        return self._order if self._blend == self._order.blend else replace(self._order, blend=self._blend)

    @property
    def found(self) -> Mapping[str, Mapping[str, Any]]:
        """By network, the objects of the plate, as far as they are found: summaries of ``objects`` requests."""
        with self._lock:
            return dict(self._found)

    def follow(self, before: str, after: str) -> None:
        """The file that it is about may have been saved under another name."""
        if self._blend == before:
            self._blend = after

    def cancelled_in_words(self) -> str:
        """What is left of it after it was cancelled, in a sentence."""
        raise NotImplementedError

    def cancel(self) -> None:
        """End it soon; what is finished stays."""
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
                    busy = InputError("another Blender works on this strip", remedy="wait for it, then try again")
                    self._tell(state=State.FAILED, fault=busy)
                    return
                self._stop_if_cancelled()
                self._fulfil()
            self._tell(state=State.DONE)
        except CancelledByUser:
            self._end(State.CANCELLED, None)
        except Exception as error:
            self._end(State.FAILED, fault_or_defect(error))

    def _fulfil(self) -> None:
        raise NotImplementedError

    def _end(self, state: State, fault: NstError | None) -> None:
        self._tell(state=state, fault=fault, seconds_left=None)

    def _render_plate(self) -> None:
        if not copy_file(self.folder).is_file():
            raise InputError("the copy of the file that the plate is rendered from is gone", remedy="style it again")
        self._tell(state=State.ISOLATING, done=0, total=self._order.frames)
        spec = self._order.spec(copy_file(self.folder), self.shelf, job=self.id, scripts=self._scripts)
        save_spec(spec_file(self.folder), spec)
        child = IsolatingBlender(self._isolate(spec_file(self.folder)))
        with self._lock:
            self._child = child
        try:
            # It may have been cancelled before it could be killed.
            if self._cancelled.is_set():
                child.kill()
            child.hear(self._listener())
        finally:
            with self._lock:
                self._child = None
        self._stop_if_cancelled()

    def _ask(self, kind: type[ServiceRequest], **fields: Any) -> Ticket:
        self._stop_if_cancelled()
        return self._backend.submit(kind, job=self.id, **fields)

    def _follow(self, ticket: Ticket) -> Mapping[str, Any]:
        """The summary of an answer, once it is there."""
        hear = self._listener()
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
            return ticket.result()
        except BackendError as fault:
            if fault.kind == CancelledByUser.kind:
                raise CancelledByUser("cancelled") from fault
            raise

    def _find(self, model: str) -> Mapping[str, Any]:
        """Have the objects found of the plate that the backend has open; told at once where they were before."""
        self._tell(state=State.FINDING, stage="", done=0, total=0, seconds_left=None)
        found = self._follow(self._ask(ObjectsRequest, model=model))
        with self._lock:
            self._found[model] = found
        return found

    def _listener(self) -> Callable[[ServiceEvent], None]:
        pace = Pace()

        def hear(event: ServiceEvent) -> None:
            nonlocal pace
            if isinstance(event, ProgressEvent) and event.stage.startswith(OPTIMISING):
                self._tell(step=(event.done, event.total))
            elif isinstance(event, ProgressEvent):
                if event.stage != self.progress.stage:
                    # Steps of another stage take another time.
                    pace = Pace()
                left = pace.step(event.total - event.done)
                self._tell(stage=event.stage, done=event.done, total=event.total, step=None, seconds_left=left)
            elif isinstance(event, FrameEvent) and self.progress.state is State.STYLING:
                self._tell(styled=self.progress.styled + 1)
            elif isinstance(event, WarningEvent) or (isinstance(event, ErrorEvent) and not event.final):
                self._warn(event.problem, event.remedy)

        return hear

    def _stop_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise CancelledByUser("cancelled")
