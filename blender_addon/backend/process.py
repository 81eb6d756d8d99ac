"""The service as a child process: started, read, written to and ended, never waited for.

Three threads belong to each process: one reads its events, one keeps the end of what it
prints on standard error, one writes requests. No call here blocks on the child, so
that Blender's interface stays alive whatever the child does. It ends by itself when
its standard input does or when the process named by ``parent`` is gone.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from ..contract.messages import ServiceEvent, ServiceRequest
from ..contract.wire import LineSplitter, ProtocolError, decode_event, encode_message
from .child import APART, LastWords, end
from .faults import BackendError

__all__ = ["Ending", "Launch", "Listener", "ServiceProcess", "environment", "nst"]

_CHUNK = 1 << 16
# How long the end of the process may come after the end of standard output.
_END_SECONDS = 2.0


def nst(python: Path) -> tuple[str, ...]:
    """The words that begin any command of ``nst`` in the environment of an interpreter."""
    # -I: neither variables meant for Blender's Python nor the current folder reach the backend.
    return (str(python), "-I", "-X", "utf8", "-m", "nst_backend.cli.main")


def environment(*, online: bool) -> dict[str, str]:
    """The variables of a child, by which it also knows whether it may use the network."""
    return dict(os.environ) if online else {**os.environ, "BRUSHPASS_OFFLINE": "1"}


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How the service is started; comes from the preferences and never from a file of the artist's."""

    python: Path
    """The interpreter of the backend's environment."""
    log: Path | None = None
    """The service's log; its own default where None."""
    release_after: float = 600.0
    """Seconds without a request after which networks are freed; 0 keeps them."""
    online: bool = True
    """Whether it may use the network."""
    parent: int = field(default_factory=os.getpid)
    """The process without which the service ends."""

    def command(self) -> list[str]:
        words = [*nst(self.python), "serve"]
        words += ["--parent", str(self.parent), "--release-after", f"{self.release_after:g}"]
        return words if self.log is None else [*words, "--log", str(self.log)]

    def environment(self) -> dict[str, str]:
        return environment(online=self.online)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a process ended."""

    code: int
    """Its exit code; on POSIX, minus the signal that killed it."""
    last_words: tuple[str, ...] = ()
    """The end of its standard error."""

    def problem(self, child: str = "the backend") -> str:
        """What happened to ``child``, with the last thing that it said."""
        said = f"; it said: {self.last_words[-1]}" if self.last_words else ""
        if self.code < 0:
            return f"{child} was killed ({_signal_name(-self.code)}){said}"
        return f"{child} ended with exit code {self.code}{said}"


class Listener(Protocol):
    """Who hears a process; called from its threads, ``ended`` exactly once and last."""

    def heard(self, process: ServiceProcess, event: ServiceEvent) -> None: ...

    def gibberish(self, process: ServiceProcess, line: bytes) -> None:
        """A line that is no event of this version."""

    def ended(self, process: ServiceProcess, ending: Ending) -> None: ...


class ServiceProcess:
    """One running service.

    Raises :class:`BackendError` where the interpreter cannot be started.
    """

    def __init__(self, launch: Launch, listener: Listener) -> None:
        self._listener = listener
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        try:
            self._child = subprocess.Popen(
                launch.command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=launch.environment(),
                **APART,
            )
        except OSError as error:
            raise BackendError(
                f"{str(launch.python)!r} cannot be started ({error.strerror or error})",
                remedy="choose or install the backend in the add-on's preferences",
            ) from error
        requests, events, errors = self._child.stdin, self._child.stdout, self._child.stderr
        assert requests is not None
        assert events is not None
        assert errors is not None
        self._last_words = LastWords(errors)
        self._writer = self._thread(self._write, requests)
        self._reader = self._thread(self._read, events)

    @property
    def pid(self) -> int:
        return self._child.pid

    def send(self, request: ServiceRequest) -> None:
        """Hand a request over; returns at once, also where the child does not read."""
        self._outgoing.put(encode_message(request))

    def close(self) -> None:
        """Send nothing more; the service ends when it has seen that."""
        self._outgoing.put(None)

    def kill(self) -> None:
        """End it at once, with whatever it started."""
        end(self._child)

    def join(self, seconds: float | None = None) -> bool:
        """Wait until it has ended and its listener knows; whether that was so in time."""
        self._reader.join(seconds)
        return not self._reader.is_alive()

    # ---- its threads

    def _thread(self, body: Callable[[IO[bytes]], None], stream: IO[bytes]) -> threading.Thread:
        thread = threading.Thread(target=body, args=(stream,), name=f"brushpass {body.__name__}", daemon=True)
        thread.start()
        return thread

    def _read(self, stream: IO[bytes]) -> None:
        splitter = LineSplitter()
        with stream, contextlib.suppress(OSError):
            while data := os.read(stream.fileno(), _CHUNK):
                for line in splitter.feed(data):
                    self._hear(line)
        # Whoever closes standard output and lives on is of no more use.
        self._outgoing.put(None)
        try:
            code = self._child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._child.wait()
        self._listener.ended(self, Ending(code=code, last_words=self._last_words.lines()))

    def _hear(self, line: bytes | None) -> None:
        try:
            event = decode_event(line or b"")
        except ProtocolError:
            self._listener.gibberish(self, line or b"")
        else:
            self._listener.heard(self, event)

    def _write(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError), stream:
            while (line := self._outgoing.get()) is not None:
                view = memoryview(line)
                while view:
                    view = view[stream.write(view) :]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
