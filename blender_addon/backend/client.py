"""Requests to the backend, one process for each Blender, started when the first one comes.

A request is a :class:`Ticket` at once, whatever the backend's state: it waits until the
process has greeted, and is answered by an error where the process cannot be started,
dies or no longer answers. After that the next request starts a new process. Jobs
live as long as the process that they were opened in; :meth:`Client.is_open` tells.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..contract.errors import NstError
from ..contract.messages import (
    PROTOCOL,
    STUCK_EXIT,
    CancelRequest,
    CloseRequest,
    DoneEvent,
    ErrorEvent,
    HelloRequest,
    OpenRequest,
    PreviewRequest,
    ReleaseRequest,
    ServiceEvent,
    ServiceRequest,
)
from .faults import BackendError
from .process import Ending, Launch, ServiceProcess
from .tickets import Ticket

__all__ = ["Client", "Patience", "ServiceInfo", "State"]

State = Literal["stopped", "starting", "ready"]
_HELLO = 0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds after which silence means something."""

    start: float = 180.0
    """For the first answer: libraries of gigabytes are read from a cold disk."""
    silence: float = 10.0
    """Without an event while something is asked of it, after which it is greeted again."""
    answer: float = 30.0
    """For the answer to that greeting, which the service gives whatever it does."""
    end: float = 5.0
    """For an orderly end, before it is killed."""


@dataclass(frozen=True, kw_only=True)
class ServiceInfo:
    """What the service said of itself."""

    version: str
    protocol: int
    pid: int
    log: str | None
    capabilities: tuple[str, ...]


class Client:
    """The one connection to the backend.

    ``launch`` is asked at each start how to start it; it raises :class:`NstError` where
    no environment works. ``name`` goes into the service's log. All methods may be
    called from any thread and none but :meth:`stop` waits.
    """

    def __init__(
        self, launch: Callable[[], Launch], *, name: str = "Brushpass", patience: Patience | None = None
    ) -> None:
        self._launch = launch
        self._name = name
        self._patience = patience or Patience()
        self._lock = threading.RLock()
        self._numbers = itertools.count(_HELLO + 1)
        self._process: ServiceProcess | None = None
        self._info: ServiceInfo | None = None
        self._fault: BackendError | None = None
        self._reason: BackendError | None = None
        self._tickets: dict[int, Ticket] = {}
        self._unsent: list[Ticket] = []
        self._opened: set[str] = set()
        self._heard_at = 0.0
        self._greeted_at: float | None = None

    # ---- how it is

    @property
    def state(self) -> State:
        with self._lock:
            if self._process is None:
                return "stopped"
            return "starting" if self._info is None else "ready"

    @property
    def busy(self) -> bool:
        """Whether a request waits for its answer."""
        with self._lock:
            return bool(self._tickets)

    @property
    def info(self) -> ServiceInfo | None:
        """What is known of the running service; None before it greeted."""
        with self._lock:
            return self._info

    @property
    def fault(self) -> BackendError | None:
        """Why the last process ended or did not start; None once one has greeted or was stopped in order."""
        with self._lock:
            return self._fault

    def is_open(self, job: str) -> bool:
        """Whether the job was opened, or is being opened, in the process that runs now."""
        with self._lock:
            return job in self._opened

    # ---- requests

    def submit(self, kind: type[ServiceRequest], *, job: str = "", **fields: Any) -> Ticket:
        """Send a request of ``kind`` with its ``fields``, which see in ``contract.messages``.

        A preview takes the place of the job's previews before it. Raises ``ValueError``
        or ``TypeError`` for fields that the kind does not have or take.
        """
        with self._lock:
            ticket = Ticket(kind(id=next(self._numbers), job=job, **fields), self._cancel)
            self._tickets[ticket.request.id] = ticket
            if isinstance(ticket.request, PreviewRequest):
                self._supersede_unsent(job)
            if self._process is None and not self._start():
                return ticket
            if isinstance(ticket.request, OpenRequest):
                self._opened.add(job)
            elif isinstance(ticket.request, CloseRequest):
                self._opened.discard(job)
            if self._info is None:
                self._unsent.append(ticket)
            else:
                self._send(ticket)
            return ticket

    def start(self) -> None:
        """Start the process ahead of the first request, so that this one finds it ready."""
        with self._lock:
            if self._process is None:
                self._start()

    def release(self) -> Ticket | None:
        """Free the backend's memory; None where no process runs."""
        with self._lock:
            return self.submit(ReleaseRequest) if self._process is not None else None

    def stop(self) -> None:
        """End the process: in order, or after some seconds by force. Open requests are answered by an error."""
        with self._lock:
            process = self._process
            if process is None:
                return
            self._reason = BackendError("the backend was stopped", kind="stopped")
            if self._info is not None:
                process.send(CloseRequest(id=next(self._numbers)))
            process.close()
        if not process.join(self._patience.end):
            process.kill()
            process.join()

    # ---- what the process says (from its threads)

    def heard(self, process: ServiceProcess, event: ServiceEvent) -> None:
        with self._lock:
            if process is not self._process:
                return
            self._heard_at = time.monotonic()
            self._greeted_at = None
            if self._info is None:
                self._greet(process, event)
                return
            ticket = self._tickets.get(event.id) if event.id is not None else None
            if ticket is not None and ticket.put(event):
                del self._tickets[ticket.request.id]
                if isinstance(ticket.request, OpenRequest) and isinstance(event, ErrorEvent):
                    self._opened.discard(ticket.request.job)

    def gibberish(self, process: ServiceProcess, line: bytes) -> None:
        shown = line[:80].decode("utf-8", "replace").strip()
        self._give_up(
            process,
            BackendError(
                f"what was started does not speak as a Brushpass backend does, it said {shown!r}",
                remedy="repair the backend, or choose another environment, in the add-on's preferences",
            ),
        )

    def ended(self, process: ServiceProcess, ending: Ending) -> None:
        with self._lock:
            if process is not self._process:
                return
            fault = self._reason or _told(ending, greeted=self._info is not None)
            self._forget()
            self._fault = None if fault.kind == "stopped" else fault
            self._fail(fault)

    # ---- inside, with the lock held

    def _start(self) -> bool:
        try:
            self._process = ServiceProcess(self._launch(), self)
        except NstError as error:
            fault = error if isinstance(error, BackendError) else BackendError(error.problem, remedy=error.remedy)
            self._fault = fault
            self._fail(fault)
            return False
        self._heard_at = time.monotonic()
        self._process.send(HelloRequest(id=_HELLO, protocol=PROTOCOL, client=self._name, capabilities=("pixels",)))
        threading.Thread(target=self._watch, args=(self._process,), name="brushpass watch", daemon=True).start()
        return True

    def _greet(self, process: ServiceProcess, event: ServiceEvent) -> None:
        if isinstance(event, ErrorEvent):
            remedy = "install the backend that came with this add-on: Upgrade in the add-on's preferences"
            self._give_up(process, BackendError(event.problem, remedy=remedy, kind=event.kind))
            return
        told = event.summary if isinstance(event, DoneEvent) and event.id == _HELLO else {}
        if told.get("protocol") != PROTOCOL:
            self.gibberish(process, repr(dict(told)).encode())
            return
        log, pid = told.get("log"), told.get("pid")
        self._info = ServiceInfo(
            version=str(told.get("version", "unknown")),
            protocol=PROTOCOL,
            pid=pid if isinstance(pid, int) else process.pid,
            log=str(log) if log is not None else None,
            capabilities=tuple(map(str, told.get("capabilities", ()))),
        )
        self._fault = None
        waiting, self._unsent = self._unsent, []
        for ticket in waiting:
            self._send(ticket)

    def _send(self, ticket: Ticket) -> None:
        assert self._process is not None
        if len(self._tickets) == 1:
            # Silence counts from here: nothing was asked before.
            self._heard_at = time.monotonic()
        try:
            self._process.send(ticket.request)
        except NstError as error:
            self._end_ticket(ticket, BackendError(error.problem, remedy=error.remedy, kind=error.kind))

    def _supersede_unsent(self, job: str) -> None:
        for ticket in [ticket for ticket in self._unsent if isinstance(ticket.request, PreviewRequest)]:
            if ticket.request.job == job:
                self._unsent.remove(ticket)
                self._end_ticket(ticket, BackendError("a newer preview replaced it", kind="superseded"))

    def _cancel(self, ticket: Ticket) -> None:
        with self._lock:
            if ticket in self._unsent:
                self._unsent.remove(ticket)
                self._end_ticket(ticket, BackendError("cancelled", kind="cancelled"))
            elif ticket.request.id in self._tickets and ticket.request.job:
                self.submit(CancelRequest, job=ticket.request.job, target=ticket.request.id)

    def _end_ticket(self, ticket: Ticket, fault: BackendError) -> None:
        self._tickets.pop(ticket.request.id, None)
        ticket.put(
            ErrorEvent(
                id=ticket.request.id,
                job=ticket.request.job,
                kind=fault.kind,
                problem=fault.problem,
                remedy=fault.remedy,
                log=fault.log,
            )
        )

    def _fail(self, fault: BackendError) -> None:
        for ticket in list(self._tickets.values()):
            self._end_ticket(ticket, fault)

    def _forget(self) -> None:
        self._process = self._info = self._reason = self._greeted_at = None
        self._unsent = []
        self._opened = set()

    def _give_up(self, process: ServiceProcess, reason: BackendError) -> None:
        with self._lock:
            if process is self._process and self._reason is None:
                self._reason = reason
                process.kill()

    # ---- the watch (a thread of its own)

    def _watch(self, process: ServiceProcess) -> None:
        shortest = min(self._patience.start, self._patience.silence, self._patience.answer)
        while not process.join(min(1.0, shortest / 4)):
            with self._lock:
                if process is not self._process:
                    return
                self._judge_silence(process, time.monotonic())

    def _judge_silence(self, process: ServiceProcess, now: float) -> None:
        if self._info is None:
            if now - self._heard_at > self._patience.start:
                self._give_up(process, _hung(f"did not answer within {self._patience.start:g} s of its start"))
        elif self._greeted_at is not None:
            if now - self._greeted_at > self._patience.answer:
                self._give_up(process, _hung(f"has not answered for {now - self._heard_at:.0f} s"))
        elif self._tickets and now - self._heard_at > self._patience.silence:
            self._greeted_at = now
            process.send(HelloRequest(id=_HELLO, protocol=PROTOCOL, client=self._name))


def _hung(what: str) -> BackendError:
    return BackendError(f"the backend {what} and was ended", remedy="try again: it starts anew", kind="hung")


def _told(ending: Ending, *, greeted: bool) -> BackendError:
    """What to say of a process that ended by itself."""
    if not greeted:
        if any("No module named" in line for line in ending.last_words):
            problem = f"the environment lacks something: {ending.last_words[-1]}"
            return BackendError(problem, remedy="repair the backend in the add-on's preferences")
        remedy = "repair the backend, or choose another environment, in the add-on's preferences"
        return BackendError(ending.problem(), remedy=remedy, kind="crashed")
    if ending.code == STUCK_EXIT:
        return BackendError(ending.problem(), remedy="check its disk and device, then try again", kind="stuck")
    return BackendError(ending.problem(), remedy="try again: it starts anew and resumes", kind="crashed")
