"""``nst serve``: requests in, events out, until nobody is there to serve.

Threads: one reads the requests, one writes the events, one waits for the
parent's end, one works (:mod:`.worker`); the caller's dispatches and keeps watch. It never
runs a network, so that it answers ``hello`` and ``cancel`` at any moment.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import logging.handlers
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ..contract.errors import ExitCode
from ..contract.messages import (
    PROTOCOL,
    STUCK_EXIT,
    CancelRequest,
    CloseRequest,
    DoneEvent,
    ErrorEvent,
    HelloRequest,
    RequestKind,
    ServiceRequest,
)
from ..contract.wire import LONGEST_LINE, LineSplitter, ProtocolError, decode_request
from .parent import wait_until_gone
from .pixels import PixelFiles, private_folder
from .schedule import Schedule, Ticket
from .watch import Stage, Watch
from .worker import Worker, answer_stopped
from .writer import EventWriter

__all__ = ["ServeOptions", "serve"]

_LOG = logging.getLogger(__name__)
CAPABILITIES = ("live", "pixels", "resume")
POLL_SECONDS = 0.2
# A network pass on a slow processor may have to end first; frames on their way to the disk do end.
PATIENCE_SECONDS = 10.0
_CHUNK = 1 << 16
_LOG_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """How the service lives; nothing of it ever comes from a message.

    ``parent``: the process it serves. ``scratch``: where its private folder is
    made. ``log``: the file of its log. ``release_after`` and ``stuck_after``:
    seconds; None is never, and the stages' own limits.
    """

    parent: int
    scratch: Path | None = None
    log: Path | None = None
    release_after: float | None = 600.0
    stuck_after: float | None = None


class _End:
    """Put among the lines: why there will be no more."""

    def __init__(self, why: str) -> None:
        self.why = why


_Inbox = queue.Queue[bytes | None | _End]


def serve(options: ServeOptions, interrupted: Callable[[], bool] = lambda: False) -> int:
    """Serve standard input and output until they end, and return the exit code.

    Ends by itself, without returning, where work is stuck that cannot be stopped.

    Raises :class:`NstError` where no private folder can be made.
    """
    requests, events = _take_streams()
    with _logging(options.log):
        folder = private_folder(options.scratch)
        service = _Service(options, EventWriter(events), folder)
        inbox: _Inbox = queue.Queue(256)
        for name, body in (("requests", _read), ("parent", _await_parent)):
            argument = requests if name == "requests" else options.parent
            threading.Thread(target=body, args=(argument, inbox), name=name, daemon=True).start()
        code = service.listen(inbox, interrupted)
        if not service.end(code):
            # The work cannot be stopped and would keep, or crash, an interpreter that shuts down in order.
            logging.shutdown()
            os._exit(code)
        return code


def _take_streams() -> tuple[int, int]:
    """Standard input and output for the protocol alone.

    Whoever writes to descriptor 1 from now on, in Python or in C, writes to
    standard error; whoever reads descriptor 0 finds its end.
    """
    sys.stdout.flush()
    requests, events = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, events


@contextlib.contextmanager
def _logging(path: Path | None) -> Iterator[None]:
    """Everything of note to a file that does not grow for ever, warnings to standard error."""
    root, ours = logging.getLogger(), logging.getLogger("nst_backend")
    for handler in root.handlers:
        handler.setLevel(max(handler.level, logging.WARNING))
    faulthandler.enable()
    if path is None:
        yield
        return
    file: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=3, encoding="utf-8")
    except OSError as error:
        _LOG.warning("there is no log file: %s", error)
        yield
        return
    file.setFormatter(logging.Formatter(f"%(asctime)s {os.getpid()} %(levelname)s %(name)s: %(message)s"))
    root.addHandler(file)
    ours.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(file)
        file.close()


def _read(descriptor: int, inbox: _Inbox) -> None:
    splitter = LineSplitter()
    with contextlib.suppress(OSError):
        while data := os.read(descriptor, _CHUNK):
            for line in splitter.feed(data):
                inbox.put(line)
    inbox.put(_End("the client has closed the requests"))


def _await_parent(pid: int, inbox: _Inbox) -> None:
    wait_until_gone(pid)
    inbox.put(_End(f"the parent process {pid} has ended"))


class _Service:
    def __init__(self, options: ServeOptions, writer: EventWriter, folder: Path) -> None:
        self.options = options
        self.writer = writer
        self.folder = folder
        self.watch = Watch(options.stuck_after)
        self.schedule = Schedule()
        self.worker = Worker(
            self.schedule, writer, self.watch, folder=folder, log=options.log, release_after=options.release_after
        )
        self.worker.start()
        self.greeted = False
        self.closing: CloseRequest | None = None

    # ---- listening

    def listen(self, inbox: _Inbox, interrupted: Callable[[], bool]) -> int:
        """Dispatch until something ends the service; returns the exit code."""
        while True:
            if interrupted():
                return ExitCode.CANCELLED
            if (stage := self.watch.stuck()) is not None:
                self.tell_stuck(stage)
                return STUCK_EXIT
            try:
                line = inbox.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(line, _End):
                _LOG.info("%s", line.why)
                return ExitCode.DONE
            self.hear(line)
            if self.closing is not None:
                return ExitCode.DONE

    def hear(self, line: bytes | None) -> None:
        """Take one line, or None for one that was too long; whatever it holds, it is answered."""
        try:
            if line is None:
                raise ProtocolError("a message is too long", remedy=f"keep it below {LONGEST_LINE >> 20} MiB")
            request = decode_request(line)
            if not self.greeted and not isinstance(request, HelloRequest):
                raise ProtocolError("hello comes first", remedy="send it", id=request.id, job=request.job)
            self.dispatch(request)
        except ProtocolError as error:
            _LOG.warning("%s", error)
            self.writer.send(
                ErrorEvent(id=error.id, job=error.job, kind=error.kind, problem=error.problem, remedy=error.remedy)
            )

    def dispatch(self, request: ServiceRequest) -> None:
        """Answer what needs no work, queue the rest."""
        _LOG.info("%s %d %s", request.tag.value, request.id, request.job)
        if isinstance(request, HelloRequest):
            self.done(request, self.hello(request))
        elif isinstance(request, CancelRequest):
            self.done(request, {"stopped": self.cancel(request.job, request.target)})
        elif isinstance(request, CloseRequest) and not request.job:
            self.closing = request
        else:
            if isinstance(request, CloseRequest):
                self.cancel(request.job)
            for ticket in self.schedule.submit(Ticket(request)):
                answer_stopped(self.writer, ticket)

    def hello(self, request: HelloRequest) -> dict[str, Any]:
        """What the service is. Raises :class:`ProtocolError` where the versions differ."""
        if request.protocol != PROTOCOL:
            raise ProtocolError(
                f"the client speaks version {request.protocol} of the messages, this Brushpass version {PROTOCOL}",
                remedy="install the add-on and the backend of one release",
                id=request.id,
                job=request.job,
            )
        self.greeted = True
        _LOG.info("the client is %r and can %s", request.client, list(request.capabilities))
        return {
            "protocol": PROTOCOL,
            "version": _version(),
            "requests": [kind.value for kind in RequestKind],
            "capabilities": list(CAPABILITIES),
            "pid": os.getpid(),
            "folder": str(self.folder),
            "log": None if self.options.log is None else str(self.options.log),
        }

    def cancel(self, job: str, number: int | None = None) -> list[int]:
        """Stop requests; returns the ids of all that were told to."""
        begun = [ticket for ticket in self.schedule.running() if ticket.stopped is None]
        waiting = self.schedule.cancel(job, number)
        for ticket in waiting:
            answer_stopped(self.writer, ticket)
        return [ticket.request.id for ticket in (*begun, *waiting) if ticket.stopped is not None]

    def done(self, request: ServiceRequest, summary: dict[str, Any]) -> None:
        self.writer.send(DoneEvent(id=request.id, job=request.job, summary=summary))

    # ---- ending

    def tell_stuck(self, stage: Stage) -> None:
        """Tell the requests under way what they wait for, and leave the stacks of all threads in the log."""
        limit = self.watch.limit(stage)
        problem = f"{stage} made no progress for {limit:g} s"
        _LOG.error("%s", problem)
        with contextlib.suppress(OSError, ValueError):
            if self.options.log is not None:
                with self.options.log.open("a", encoding="utf-8") as stream:
                    faulthandler.dump_traceback(stream)
        for ticket in reversed(self.schedule.running()):
            self.writer.send(
                ErrorEvent(
                    id=ticket.request.id,
                    job=ticket.request.job,
                    kind="stuck",
                    problem=problem,
                    remedy="check that its disk and device answer; the service ends and must be started anew",
                    stage=stage.name,
                    log=None if self.options.log is None else str(self.options.log),
                )
            )

    def end(self, code: int) -> bool:
        """Stop the work, remove the pixels, write the last events; whether the work has really ended."""
        for ticket in self.schedule.close():
            answer_stopped(self.writer, ticket)
        ended = self.worker.join(0.0 if code == STUCK_EXIT else PATIENCE_SECONDS)
        PixelFiles(self.folder).close()
        if self.closing is not None:
            self.done(self.closing, {})
        self.writer.close()
        return ended


def _version() -> str:
    try:
        return metadata.version("brushpass")
    except metadata.PackageNotFoundError:
        return "unknown"
