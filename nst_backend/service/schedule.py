"""Which request is next: everything that an artist waits for goes before the frames of a batch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..contract.messages import ObjectsRequest, PreviewRequest, RunRequest, ServiceRequest

__all__ = ["Schedule", "Ticket"]


@dataclass(eq=False)
class Ticket:
    """A request on its way. ``stopped`` says why it must end: ``cancelled`` or ``superseded``."""

    request: ServiceRequest
    stopped: str | None = field(default=None)

    @property
    def batch(self) -> bool:
        """Whether others go before it, even between its frames."""
        return isinstance(self.request, (RunRequest, ObjectsRequest))


class Schedule:
    """Two queues, first come, first served; all methods may be called from any thread.

    Methods that take tickets out of the queues return those that will never
    run, for the caller to answer; those that run are marked as stopped.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent: deque[Ticket] = deque()
        self._batch: deque[Ticket] = deque()
        self._running: list[Ticket] = []
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether no more requests are given out."""
        return self._closed

    def submit(self, ticket: Ticket) -> list[Ticket]:
        """Queue a request. A preview takes the place of the job's older ones, which are returned.

        Once closed, the request itself comes back.
        """
        with self._changed:
            if self._closed:
                ticket.stopped = "cancelled"
                return [ticket]
            superseded = self._stop(self._older_previews(ticket.request), "superseded")
            (self._batch if ticket.batch else self._urgent).append(ticket)
            self._changed.notify()
        return superseded

    def next(self, timeout: float | None = None) -> Ticket | None:
        """The next request, waited for; None after ``timeout`` seconds without one, and once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._urgent or self._batch, timeout)
            return None if self._closed else self._take(self._urgent or self._batch)

    def next_urgent(self) -> Ticket | None:
        """The next request that goes before a batch, None at once where there is none."""
        with self._changed:
            return None if self._closed else self._take(self._urgent)

    def finished(self, ticket: Ticket) -> None:
        """A request that was taken has been answered."""
        with self._changed:
            self._running.remove(ticket)

    def cancel(self, job: str, number: int | None = None) -> list[Ticket]:
        """Stop a job's requests, or the one of id ``number``; returns those that had not begun."""
        with self._changed:
            return self._stop(
                (ticket for ticket in self._all() if ticket.request.job == job and number in (None, ticket.request.id)),
                "cancelled",
            )

    def running(self) -> tuple[Ticket, ...]:
        """What was taken and not finished, the innermost last."""
        with self._changed:
            return tuple(self._running)

    def close(self) -> list[Ticket]:
        """Stop everything and give out no more; returns the requests that had not begun."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return self._stop(self._all(), "cancelled")

    def _take(self, queue: deque[Ticket]) -> Ticket | None:
        if not queue:
            return None
        ticket = queue.popleft()
        self._running.append(ticket)
        return ticket

    def _all(self) -> list[Ticket]:
        return [*self._running, *self._urgent, *self._batch]

    def _older_previews(self, request: ServiceRequest) -> list[Ticket]:
        if not isinstance(request, PreviewRequest):
            return []
        return [
            ticket
            for ticket in self._all()
            if isinstance(ticket.request, PreviewRequest) and ticket.request.job == request.job
        ]

    def _stop(self, tickets: Iterable[Ticket], why: str) -> list[Ticket]:
        waiting = []
        for ticket in list(tickets):
            ticket.stopped = ticket.stopped or why
            for queue in (self._urgent, self._batch):
                if ticket in queue:
                    queue.remove(ticket)
                    waiting.append(ticket)
        return waiting
