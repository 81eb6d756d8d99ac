"""A request under way: filled by the backend's threads, read by Blender's main thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..contract.messages import DoneEvent, ErrorEvent, ServiceEvent, ServiceRequest
from .faults import BackendError

__all__ = ["Ticket"]


class Ticket:
    """One request and what has come of it so far.

    Interactive code calls :meth:`poll` from a timer until :attr:`answer` is there;
    headless code calls :meth:`result`, which waits.
    """

    def __init__(self, request: ServiceRequest, cancel: Callable[[Ticket], None]) -> None:
        self.request = request
        self._cancel = cancel
        self._changed = threading.Condition()
        self._unseen: list[ServiceEvent] = []
        self._answer: DoneEvent | ErrorEvent | None = None

    @property
    def answer(self) -> DoneEvent | ErrorEvent | None:
        """What ended the request, or None while it waits or runs."""
        with self._changed:
            return self._answer

    def poll(self) -> list[ServiceEvent]:
        """The events since the last call, in their order, the answer included."""
        with self._changed:
            unseen, self._unseen = self._unseen, []
            return unseen

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the answer; whether it came in time. Not for Blender's interface, which would stand still."""
        with self._changed:
            return self._changed.wait_for(lambda: self._answer is not None, seconds)

    def result(self, seconds: float | None = None) -> Mapping[str, Any]:
        """Wait for the answer and return its summary.

        Raises :class:`BackendError` for an error, :class:`TimeoutError` where none came in time.
        """
        if not self.wait(seconds):
            raise TimeoutError(f"no answer to {self.request.tag.value} {self.request.id} within {seconds:g} s")
        answer = self.answer
        assert answer is not None
        if isinstance(answer, DoneEvent):
            return answer.summary
        raise BackendError(answer.problem, remedy=answer.remedy, kind=answer.kind, log=answer.log)

    def cancel(self) -> None:
        """Ask for its end; the answer, an error of kind ``cancelled``, comes when it has ended."""
        self._cancel(self)

    def put(self, event: ServiceEvent) -> bool:
        """Add an event, unless the request was answered before; whether this one answers it."""
        final = isinstance(event, DoneEvent) or (isinstance(event, ErrorEvent) and event.final)
        with self._changed:
            if self._answer is not None:
                return True
            self._unseen.append(event)
            if final:
                assert isinstance(event, (DoneEvent, ErrorEvent))
                self._answer = event
                self._changed.notify_all()
        return final
