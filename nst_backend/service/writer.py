"""Events to the client, one line each, from any thread."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading

from ..contract.messages import ErrorEvent, ServiceEvent
from ..contract.wire import ProtocolError, encode_message

__all__ = ["EventWriter"]

_LOG = logging.getLogger(__name__)
# A client that reads nothing for so many events slows the service down rather than filling its memory.
_WAITING = 4096


class EventWriter:
    """Writes events to a descriptor in a thread of its own: a slow client keeps no request and no cancel waiting."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._thread.start()

    def send(self, event: ServiceEvent) -> None:
        """Queue an event; one that is too long becomes an error of its request."""
        try:
            line = encode_message(event)
        except ProtocolError as error:
            _LOG.warning("%s", error)
            line = encode_message(
                ErrorEvent(id=event.id, job=event.job, kind=error.kind, problem=error.problem, remedy=error.remedy)
            )
        while not self._gone.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(line, timeout=0.5)
                return

    def close(self, patience: float = 5.0) -> None:
        """Write what is queued and end, within ``patience`` seconds."""
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=patience)
        self._thread.join(patience)

    def _run(self) -> None:
        while (line := self._queue.get()) is not None:
            view = memoryview(line)
            try:
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except OSError as error:
                _LOG.info("nobody reads the events any more: %s", error)
                self._gone.set()
                return
