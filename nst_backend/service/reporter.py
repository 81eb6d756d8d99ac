"""What a pipeline says while it works on a request, to the client."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.messages import (
    ErrorEvent,
    Event,
    EventKind,
    FrameEvent,
    ProgressEvent,
    ServiceEvent,
    WarningEvent,
)
from .schedule import Ticket
from .watch import Stage, Watch
from .writer import EventWriter

__all__ = ["TicketReporter"]


class TicketReporter:
    """A :class:`~nst_backend.contract.messages.Reporter` for one request.

    ``stage`` is the request's own: whichever of the pipeline's threads speaks, the request is alive.
    ``between`` is called, in the thread that made the reporter, whenever the
    pipeline asks whether to stop: the moment at which others may go first.
    """

    def __init__(
        self, ticket: Ticket, writer: EventWriter, watch: Watch, stage: Stage, between: Callable[[], None]
    ) -> None:
        self._ticket = ticket
        self._writer = writer
        self._watch = watch
        self._stage = stage
        self._between = between
        self._thread = threading.get_ident()

    def emit(self, event: Event) -> None:
        self._watch.beat(self._stage)
        if (typed := self._typed(event)) is not None:
            self._writer.send(typed)

    def cancelled(self) -> bool:
        self._watch.beat(self._stage)
        if self._ticket.stopped is None and threading.get_ident() == self._thread:
            self._between()
        return self._ticket.stopped is not None

    def pixels(
        self, frame: int, path: Path, pixels: NDArray[np.float32], space: str, *, part: str | None = None
    ) -> None:
        """Tell of pixels in a file."""
        shape = pixels.shape
        event = FrameEvent(**self._of(), frame=frame, path=str(path), shape=shape, dtype="<f4", space=space, part=part)
        self._writer.send(event)

    def _of(self) -> dict[str, Any]:
        return {"id": self._ticket.request.id, "job": self._ticket.request.job}

    def _typed(self, event: Event) -> ServiceEvent | None:
        data = event.data
        said: dict[str, Any] = {"problem": str(data.get("problem", "")), "remedy": str(data.get("remedy", ""))}
        if event.kind is EventKind.PROGRESS:
            names = ("stage", "done", "total", "frame", "seconds")
            return ProgressEvent(**self._of(), **{name: data[name] for name in names if name in data})
        if event.kind is EventKind.FRAME:
            return FrameEvent(**self._of(), frame=data["frame"], path=str(data["path"]))
        if event.kind is EventKind.WARNING:
            return WarningEvent(**self._of(), **said, frame=data.get("frame"))
        if event.kind is EventKind.ERROR:
            kind = str(data.get("kind", "usage"))
            return ErrorEvent(**self._of(), **said, kind=kind, frame=data.get("frame"), final=False)
        # The summary goes with the answer to the request.
        return None
