"""The one thread that runs networks: takes requests in their order and answers each once."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import CancelledByUser, UsageError, as_fault
from ..contract.messages import (
    CloseRequest,
    DoneEvent,
    ErrorEvent,
    MattesRequest,
    ObjectsRequest,
    OpenRequest,
    PreviewRequest,
    ReleaseRequest,
    RequestKind,
    RunRequest,
    ServiceRequest,
    StepRequest,
    stop_if_cancelled,
)
from .schedule import Schedule, Ticket
from .watch import START, Watch
from .writer import EventWriter

if TYPE_CHECKING:
    from .jobs import ServiceJob, Tools
    from .reporter import TicketReporter

__all__ = ["Worker", "answer_stopped"]

_LOG = logging.getLogger(__name__)
_STAGES: Mapping[RequestKind, str] = {RequestKind.OPEN: "open", RequestKind.MATTES: "mattes"}
_STOPPED = {
    "cancelled": ("cancelled", "run it again to resume: finished frames are kept"),
    "superseded": ("a newer preview of the job was asked for", ""),
}


def answer_stopped(writer: EventWriter, ticket: Ticket) -> None:
    """Tell that a request was stopped and why."""
    request, kind = ticket.request, ticket.stopped or "cancelled"
    problem, remedy = _STOPPED[kind]
    writer.send(ErrorEvent(id=request.id, job=request.job, kind=kind, problem=problem, remedy=remedy))


class Worker:
    """Runs requests until the schedule is closed.

    ``folder``: private, for pixels. ``log``: named to the client with a defect.
    ``release_after``: seconds without a request after which memory is freed;
    None never does.
    """

    def __init__(
        self,
        schedule: Schedule,
        writer: EventWriter,
        watch: Watch,
        *,
        folder: Path,
        log: Path | None = None,
        release_after: float | None = None,
    ) -> None:
        self._schedule = schedule
        self._writer = writer
        self._watch = watch
        self._folder = folder
        self._log = log
        self._release_after = release_after
        self._jobs: dict[str, ServiceJob] = {}
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin; the libraries are imported here, not in the thread that listens."""
        self._thread.start()

    def join(self, patience: float) -> bool:
        """Wait up to ``patience`` seconds for the end after the schedule was closed; whether it came."""
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        tools: Tools | None = None
        # Before the first request asks for it; what fails here fails again there, and is told.
        with contextlib.suppress(Exception):
            tools = self._tools()
        idle = False
        while (ticket := self._schedule.next(None if idle else self._release_after)) or not self._schedule.closed:
            if ticket is None:
                idle = True
                if tools is not None:
                    self._release(tools)
                continue
            idle = False
            try:
                tools = tools or self._tools()
            except Exception as error:
                self._fail(ticket, error)
                self._schedule.finished(ticket)
                continue
            self._execute(ticket, tools)
        for job in self._jobs.values():
            job.close()

    def _tools(self) -> Tools:
        with self._watch.stage(START):
            from .jobs import Tools
            from .networks import NetworkCache
            from .pixels import PixelFiles

            return Tools(NetworkCache(self._watch), PixelFiles(self._folder), self._watch)

    def _execute(self, ticket: Ticket, tools: Tools) -> None:
        from .reporter import TicketReporter

        def between() -> None:
            # A batch lets others go first whenever it asks whether to stop; they do not do so for each other.
            while ticket.batch and ticket.stopped is None and (urgent := self._schedule.next_urgent()):
                self._execute(urgent, tools)

        request = ticket.request
        try:
            with self._watch.stage(_STAGES.get(request.tag, "style"), f"{request.tag.value} of {request.job}") as stage:
                reporter = TicketReporter(ticket, self._writer, self._watch, stage, between)
                stop_if_cancelled(reporter)
                summary = self._fulfil(request, reporter, tools)
            self._writer.send(DoneEvent(id=request.id, job=request.job, summary=summary))
        except CancelledByUser:
            answer_stopped(self._writer, ticket)
        except Exception as error:
            self._fail(ticket, error)
        finally:
            self._schedule.finished(ticket)

    def _fulfil(self, request: ServiceRequest, reporter: TicketReporter, tools: Tools) -> Mapping[str, Any]:
        if isinstance(request, OpenRequest):
            return self._open(request, reporter, tools)
        if isinstance(request, ReleaseRequest):
            return self._release(tools)
        job = self._job(request)
        if isinstance(request, RunRequest):
            return job.run(request, reporter)
        if isinstance(request, StepRequest):
            return job.step(request, reporter)
        if isinstance(request, PreviewRequest):
            return job.preview(request, reporter)
        if isinstance(request, ObjectsRequest):
            return job.objects(request, reporter)
        if isinstance(request, MattesRequest):
            return job.mattes(request, reporter)
        assert isinstance(request, CloseRequest)
        del self._jobs[request.job]
        job.close()
        return {}

    def _open(self, request: OpenRequest, reporter: TicketReporter, tools: Tools) -> Mapping[str, Any]:
        from .jobs import ServiceJob

        if request.job in self._jobs:
            raise UsageError(f"a job {request.job!r} is open", remedy="close it first, or choose another name")
        job = ServiceJob(request, tools)
        described = job.describe(reporter)
        self._jobs[request.job] = job
        return described

    def _job(self, request: ServiceRequest) -> ServiceJob:
        job = self._jobs.get(request.job)
        if job is None:
            raise UsageError(f"no job {request.job!r} is open", remedy="open it first")
        return job

    def _release(self, tools: Tools) -> Mapping[str, Any]:
        for job in self._jobs.values():
            job.release()
        return {"networks": tools.networks.release()}

    def _fail(self, ticket: Ticket, error: Exception) -> None:
        request, fault = ticket.request, as_fault(error)
        where: dict[str, Any] = {"id": request.id, "job": request.job}
        if fault is not None:
            self._writer.send(ErrorEvent(**where, kind=fault.kind, problem=fault.problem, remedy=fault.remedy))
            return
        _LOG.error("%s of job %r failed", request.tag.value, request.job, exc_info=error)
        text = " ".join(str(error).split())[:200]
        self._writer.send(
            ErrorEvent(
                **where,
                kind="defect",
                problem=f"something went wrong inside Brushpass ({type(error).__name__}{': ' + text if text else ''})",
                remedy="please report it with the log",
                log=None if self._log is None else str(self._log),
            )
        )
